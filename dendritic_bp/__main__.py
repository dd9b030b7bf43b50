"""Commands around runs.

    python -m dendritic_bp run                    which experiments there are
    python -m dendritic_bp run NAME [FLAGS]       run one; --help lists its flags
    python -m dendritic_bp doctor                 what this machine has, and whether it can compile and run
    python -m dendritic_bp cache                  where builds are kept, and how much they take
    python -m dendritic_bp cache clear            remove those that no process uses
    python -m dendritic_bp export RUN --to nwb    spikes of a run for other programs: nwb, neo, sonata, csv

Each tells more with --help.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence

from dendritic_bp import cache, toolchain
from dendritic_bp.doctor import diagnose
from dendritic_bp.errors import UserError
from dendritic_bp.export import FORMATS, export
from dendritic_bp.source import experiment, experiments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="dendritic_bp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor").set_defaults(run=_doctor)
    keeper = commands.add_parser("cache")
    keeper.add_argument("clear", nargs="?", choices=["clear"], help="remove the builds that no process uses")
    keeper.set_defaults(run=_cache)
    exporter = commands.add_parser("export")
    exporter.add_argument("folder", metavar="RUN", help="folder of a finished run")
    exporter.add_argument("--to", required=True, choices=FORMATS, help="format")
    exporter.add_argument("--out", metavar="FILE", help="new file, or folder for csv (RUN/spikes...)")
    exporter.set_defaults(run=_export)
    runner = commands.add_parser("run", add_help=False)
    runner.add_argument("name", nargs="?")
    runner.set_defaults(run=_run)
    given, flags = parser.parse_known_args(arguments)
    given.flags = flags
    if flags and given.command != "run":
        parser.error(f"unrecognized arguments: {' '.join(flags)}")
    try:
        given.run(given)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(given: argparse.Namespace) -> None:
    """Run an experiment as its script would be, with its parts before anything of the user's."""
    if given.name is None:
        print(*experiments(), sep="\n")
        return
    script = experiment(given.name)
    sys.argv = [str(script), *given.flags]
    sys.path[:0] = [str(script.parent), str(script.parents[1])]  # its parts, and `models`
    runpy.run_path(str(script), run_name="__main__")


def _doctor(given: argparse.Namespace) -> None:
    for what, finding in diagnose():
        print(f"{what:<14}{finding}", flush=True)
    print("All is well.")


def _cache(given: argparse.Namespace) -> None:
    if given.clear:
        removed = 0.0
        for what, size in cache.clear():
            print(f"{what:<40}{size:8.1f} MB")
            removed += size
        print(f"Removed {removed:.0f} MB.")
    names = [folder.name for folder in cache.programs() if folder.name != toolchain.SHARED]
    print(f"{toolchain.cache_folder()}: {len(names)} programs, {cache.size_mb():.0f} MB")


def _export(given: argparse.Namespace) -> None:
    print(f"-> {export(given.folder, given.to, given.out)}")


if __name__ == "__main__":
    sys.exit(main())
