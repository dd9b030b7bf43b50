"""What the variables of a run are: from a table beside the experiments, `variables.toml`, into `long_name`.

The table has a section for each experiment (or several, with blanks between their names), and one for all,
which is asked last. A `*` in the name of a variable stands for any part, and `{0}` in its meaning for it.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import xarray as xr

TABLE, ALL, STAR = "variables.toml", "every experiment", "\\*"


def read(folder: Path) -> dict[str, dict[str, str]]:
    """Return the meanings, by section, of the table in the folder of the experiments, if there is one."""
    table = folder / TABLE
    return tomllib.loads(table.read_text()) if table.is_file() else {}


def meaning(name: str, experiment: str, table: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return what a variable of an experiment is; the first pattern that fits tells."""
    sections = [each for section, each in table.items() if experiment in section.split()]
    for pattern, text in (pair for each in [*sections, table.get(ALL, {})] for pair in each.items()):
        if found := re.fullmatch(re.escape(pattern).replace(r"\*", "(.+)"), name):
            return text.format(*found.groups())
    return None


def fill(data: xr.Dataset, experiment: str, folder: Path) -> None:
    """Give each variable its `long_name`, where the experiment has not."""
    table = read(folder)
    for name, array in data.variables.items():
        if text := meaning(str(name), experiment, table):
            array.attrs.setdefault("long_name", text)


def missing(data: xr.Dataset) -> list[str]:
    """Return the variables of which nobody says what they are."""
    return [str(name) for name, array in data.variables.items() if "long_name" not in array.attrs]


def page(table: Mapping[str, Mapping[str, str]]) -> str:
    """Return the table as a page of the documentation."""
    lines = [
        "# Variables",
        "",
        "What `data.nc` of each experiment holds; the attribute `long_name` of each variable says the same.",
        "A star stands for any part of a name.",
    ]
    for section in sorted(table, key=lambda each: (each != ALL, each)):
        title = "In all experiments" if section == ALL else ", ".join(section.split())
        lines += ["", f"## {title}", "", "| variable | is |", "|---|---|"]
        lines += [f"| `{name}` | {text.format(STAR)} |" for name, text in table[section].items()]
    return "\n".join([*lines, ""])
