"""A program leaves the folder of an experiment: data, summary, provenance."""

import json

import numpy as np
import protocols
import pytest

from dendritic_bp import read_run, trains
from dendritic_bp.export import export
from dendritic_bp.runs import title


@pytest.fixture(scope="module")
def kept(program, tmp_path_factory):
    return program.run(seed=4, progress=False, folder=tmp_path_factory.mktemp("kept") / "run")


def test_a_run_of_a_program_is_opened_like_one_of_an_experiment(kept, program):
    record, passing = read_run(kept.folder), program.run(seed=4, progress=False)
    assert {path.name for path in kept.folder.iterdir()} == {
        "run.json",
        "data.nc",
        "summary.json",
        "record.json",
    }
    for name in passing.stored:
        assert np.array_equal(kept[name], passing[name], equal_nan=True), name
        assert np.shape(kept[name]) == np.shape(passing[name])
        assert np.asarray(kept[name]).dtype == np.asarray(passing[name]).dtype
    assert np.array_equal(record.data["traces.v"], passing["traces.v"])
    assert record.data["traces.v"].dims == ("traces_cell", "traces_time")
    assert record.data["traces.t"].dims == ("traces_time",)
    assert record.data["cells.v"].attrs == {"units": "V", "long_name": "v of cells, at the end"}
    assert record.data["weights.w"].dims == ("weights",)
    assert all("long_name" in array.attrs for array in record.data.variables.values())


def test_it_says_what_it_was_and_what_it_came_to(kept):
    record = read_run(kept.folder)
    spikes = len(kept["spikes.t"])
    assert record.summary["cells_spikes"] == spikes > 0
    assert record.summary["simulated_s"] == pytest.approx(0.1)
    assert record.summary["cells_spike_rate_hz"] == pytest.approx(spikes / protocols.CELLS / 0.1)
    assert record.provenance["program"] == "noisy" and record.provenance["seed"] == 4
    assert {"command", "git", "versions", "source_hash", "cpu_s"} <= set(record.provenance)
    assert json.loads((kept.folder / "run.json").read_text())["files"][-1] == "run.json"


def test_its_spikes_are_read_and_exported_by_population(kept):
    cells = trains.read(read_run(kept.folder).data)["cells"]
    assert (cells.size, cells.window) == (protocols.CELLS, (0, 0.1))
    assert [len(each) for each in cells.of_each_cell()] == kept["spikes.count"].tolist()
    assert export(kept.folder, "csv", None).exists()


def test_folders_are_named_after_seed_and_values():
    from brian2 import mV, nA, second

    values = {"cells.E_L": -70 * mV, "cells.I": 0.25 * nA, "cells.f": 5 / second, "a": np.zeros((2, 3))}
    assert title(3, values) == "seed-3_a=2x3-values_cells.E_L=-70mV_cells.I=250pA_cells.f=5Hz"
