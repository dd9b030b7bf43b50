"""`python -m dendritic_bp doctor`: what this machine has, and whether it can compile and run a network."""

import argparse
import sys
from collections.abc import Sequence

from dendritic_bp.doctor import diagnose
from dendritic_bp.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = argparse.ArgumentParser(prog="dendritic_bp", description=__doc__)
    parser.add_argument("command", choices=["doctor"])
    parser.parse_args(arguments)
    try:
        for what, finding in diagnose():
            print(f"{what:<14}{finding}", flush=True)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("All is well.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
