"""Commands around runs.

python -m dendritic_bp doctor                 what this machine has, and whether it can compile and run
python -m dendritic_bp export RUN --to nwb    spikes of a run for other programs: nwb, neo, sonata, csv
"""

import argparse
import sys
from collections.abc import Sequence

from dendritic_bp.doctor import diagnose
from dendritic_bp.errors import UserError
from dendritic_bp.export import FORMATS, export


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="dendritic_bp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor").set_defaults(run=_doctor)
    exporter = commands.add_parser("export")
    exporter.add_argument("folder", metavar="RUN", help="folder of a finished run")
    exporter.add_argument("--to", required=True, choices=FORMATS, help="format")
    exporter.add_argument("--out", metavar="FILE", help="new file, or folder for csv (RUN/spikes...)")
    exporter.set_defaults(run=_export)
    given = parser.parse_args(arguments)
    try:
        given.run(given)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _doctor(given: argparse.Namespace) -> None:
    for what, finding in diagnose():
        print(f"{what:<14}{finding}", flush=True)
    print("All is well.")


def _export(given: argparse.Namespace) -> None:
    print(f"-> {export(given.folder, given.to, given.out)}")


if __name__ == "__main__":
    sys.exit(main())
