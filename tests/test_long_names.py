"""Each variable of a run says what it is."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from dendritic_bp import long_names
from dendritic_bp.cli import main
from dendritic_bp.source import experiments, folder
from dendritic_bp.storage import Record, read_run

TABLE = """
["one two"]
rate = "rate of the cells"
"w_*" = "weights of {0}"
["every experiment"]
rate = "any rate"
"*_spike_t" = "spikes of {0}"
"""


@pytest.fixture
def table(tmp_path):
    (tmp_path / long_names.TABLE).write_text(TABLE)
    return long_names.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "experiment", "expected"),
    [
        ("rate", "two", "rate of the cells"),
        ("rate", "three", "any rate"),
        ("w_forward1", "one", "weights of forward1"),
        ("w_forward1", "three", None),
        ("hidden_spike_t", "one", "spikes of hidden"),
        ("rates", "one", None),
    ],
)
def test_the_section_of_the_experiment_is_asked_first(table, name, experiment, expected):
    assert long_names.meaning(name, experiment, table) == expected


def test_what_an_experiment_says_itself_stays(table, tmp_path):
    said = {"units": "Hz", "long_name": "rate of spikes"}
    data = xr.Dataset({"rate": ("t", np.zeros(3), said), "w_in": ("t", np.zeros(3)), "x": ("t", np.zeros(3))})
    long_names.fill(data, "one", tmp_path)
    assert data["rate"].long_name == "rate of spikes"
    assert data["w_in"].long_name == "weights of in"
    assert long_names.missing(data) == ["x"]


def test_experiments_without_a_table_have_none(tmp_path):
    assert long_names.read(tmp_path) == {}


def test_a_run_is_stored_with_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(long_names, "read", lambda folder: {"here": {"x": "a number"}})
    data = xr.Dataset({"x": ("t", np.zeros(3), {"units": "1"})})
    main(
        None,
        lambda args: Record(data, {}, {}),
        lambda data, summary: {},
        name="here",
        arguments=["--out", "r"],
    )
    assert read_run("r").data["x"].attrs == {"units": "1", "long_name": "a number"}


def test_sections_are_named_after_experiments_and_stand_on_the_page():
    table = long_names.read(folder("experiments"))
    named = {name for section in table if section != long_names.ALL for name in section.split()}
    assert named <= set(experiments())
    page = long_names.page(table)
    assert page.count("\n## ") == len(table)
    meant = "share of validation images answered rightly in one trial, after each epoch"
    assert f"| `validation_accuracy` | {meant} |" in page
    assert Path(folder("experiments") / long_names.TABLE).is_file()
