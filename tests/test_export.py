"""What is exported comes back through the libraries that others read it with, spike for spike."""

import csv

import h5py
import numpy as np
import pynwb
import pytest
import xarray as xr
from elephant.statistics import mean_firing_rate
from neo.io import NixIO
from nwbinspector import inspect_nwbfile

from dendritic_bp import trains
from dendritic_bp.__main__ import main
from dendritic_bp.errors import UserError
from dendritic_bp.export import export
from dendritic_bp.storage import Record, write_run

# Cell 0 fires a burst of three and a single spike, cell 1 once, cell 2 is silent.
SPIKES = [0.1, 0.11, 0.12, 0.3, 0.35], [0, 0, 0, 1, 0]
EVENTS, BURSTS = ([0.1, 0.3, 0.35], [0, 1, 0]), ([0.11], [0])
TRAINS = [[0.1, 0.11, 0.12, 0.35], [0.3], []]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = trains.entries("hidden", 3, (0, 0.5), spike=SPIKES, event=EVENTS, burst=BURSTS)
    data |= trains.entries("inputs", 2, (0, 0.5), event=([0.2], [1]))
    data |= trains.trial_entries([0, 0.25], [0.25, 0.5], label=[7, 3])
    folder = tmp_path_factory.mktemp("runs") / "run"
    provenance = dict(experiment="digits", seed=0, time="2026-01-02T03:04:05+00:00")
    write_run(folder, Record(xr.Dataset(data), {}, provenance))
    return folder


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_trains_come_back_by_cell_and_a_silent_cell_is_there(run):
    data = xr.load_dataset(run / "data.nc", engine="h5netcdf")
    hidden, inputs = trains.read(data).values()
    assert [list(times) for times in hidden.of_each_cell()] == TRAINS
    assert [list(times) for times in inputs.of_each_cell()] == [[], [0.2]]  # events, where no spikes are kept
    assert [list(column) for column in hidden.bursts()] == [[0.1], [0.11], [0], [0]]
    assert list(trains.read_trials(data)["label"]) == [7, 3]


def test_a_burst_belongs_to_the_last_event_of_its_own_cell():
    events = np.array([0.0, 0.1, 0.102, 0.2]), np.array([1, 0, 1, 0])
    bursts = np.array([0.11, 0.21, 0.01]), np.array([1, 0, 2])
    signed = trains.Trains(3, (0, 1), {"event": events, "burst": bursts}, np.array([-1, 1, 1]))
    columns = [list(column) for column in signed.bursts()]
    assert columns == [[0.102, 0.2], [0.11, 0.21], [1, 0], [-1, 1]]


def serious(path):
    """Return what the inspector finds critical, but for the animal that a simulation does not have."""
    levels = ("ERROR", "PYNWB_VALIDATION", "CRITICAL")
    found = [m for m in inspect_nwbfile(nwbfile_path=str(path)) if m.importance.name in levels]
    return {m.check_function_name for m in found} - {"check_subject_exists"}


def test_nwb_is_read_by_pynwb_and_passes_the_inspector(run):
    path = export(run, "nwb")
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        units = file.units.to_dataframe()
        mine = units[units.population == "hidden"]
        assert [list(times) for times in mine.spike_times] == TRAINS
        bursts = file.intervals["bursts"].to_dataframe()
        assert list(bursts[["start_time", "stop_time"]].iloc[0]) == [0.1, 0.11]
        assert list(file.trials["label"][:]) == [7, 3]
    assert not serious(path)


def test_neo_and_elephant_read_what_neo_wrote(run):
    with NixIO(str(export(run, "neo")), "ro") as io:
        segment = io.read_block().segments[0]
    assert [list(train.magnitude) for train in segment.spiketrains[:3]] == TRAINS
    rate = mean_firing_rate(segment.spiketrains[0])
    assert float(rate.rescale("Hz")) == pytest.approx(4 / 0.5)
    assert {epoch.name: list(epoch.labels) for epoch in segment.epochs} == {
        "bursts": ["hidden 0"],
        "trials": ["7", "3"],
    }


def test_sonata_holds_ids_and_times_in_ms(run):
    with h5py.File(export(run, "sonata")) as file:
        group = file["spikes/hidden"]
        np.testing.assert_allclose(group["timestamps"], np.array(sorted(SPIKES[0])) * 1e3)
        assert list(group["node_ids"]) == [0, 0, 0, 1, 0]
        assert group["timestamps"].attrs["units"] == "ms"


def test_csv_holds_every_spike_and_silent_cells_in_the_sizes(run):
    folder = export(run, "csv")
    rows = table(folder / "spikes.csv")
    spikes = [float(row["time_s"]) for row in rows if (row["population"], row["kind"]) == ("hidden", "spike")]
    assert sorted(spikes) == SPIKES[0]
    assert table(folder / "populations.csv")[0]["cells"] == "3"


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """Return a run in which bursts of one population are of two kinds."""
    events, bursts = ([0.1, 0.2, 0.3], [0, 1, 0]), ([0.11, 0.21, 0.31], [0, 1, 0])
    data = trains.entries("hidden", 2, (0, 0.5), [1, -1, -1], spike=events, event=events, burst=bursts)
    data |= trains.entries(
        "inputs", 1, (0, 0.5), spike=([0.1, 0.11], [0, 0]), event=([0.1], [0]), burst=([0.11], [0])
    )
    folder = tmp_path_factory.mktemp("runs") / "signed"
    write_run(folder, Record(xr.Dataset(data), {}, dict(time="2026-01-02T03:04:05+00:00")))
    return folder


def test_the_sign_of_a_burst_is_exported(signed):
    path = export(signed, "nwb")
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        bursts = io.read().intervals["bursts"].to_dataframe()
    assert list(bursts.population) == ["hidden", "inputs", "hidden", "hidden"]
    assert list(bursts.sign) == [1, 0, -1, -1]
    assert not serious(path)
    with NixIO(str(export(signed, "neo")), "ro") as io:
        labels = io.read_block().segments[0].epochs[0].labels
    assert list(labels) == ["hidden 0 +1", "inputs 0", "hidden 1 -1", "hidden 0 -1"]
    rows = [row for row in table(export(signed, "csv") / "spikes.csv") if row["kind"] == "burst"]
    assert [row["sign"] for row in rows] == ["1", "-1", "-1", ""]


def test_it_is_a_command_that_keeps_what_is_there(run, tmp_path, capsys):
    target = tmp_path / "spikes.h5"
    assert main(["export", str(run), "--to", "sonata", "--out", str(target)]) == 0
    before = target.read_bytes()
    assert main(["export", str(run), "--to", "sonata", "--out", str(target)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_a_run_without_spikes_is_refused(tmp_path):
    write_run(tmp_path / "run", Record(xr.Dataset(), {}, {}))
    with pytest.raises(UserError, match="keeps no spikes"):
        export(tmp_path / "run", "csv")
    assert not list((tmp_path / "run").glob("*partial*"))
