"""A run folder comes back as it was written, and is complete only when everything is there."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from dendritic_bp import storage
from dendritic_bp.errors import UserError
from dendritic_bp.storage import Record, is_complete, read_run, write_figures, write_run


def record(n=10, **summary):
    rate = xr.DataArray(np.linspace(0, 50, n), dims="cell", attrs={"units": "Hz"})
    data = xr.Dataset({"rate": rate, "spikes_cell": ("spike", np.arange(5))})
    return Record(
        data, {"test_accuracy": 0.93, "spikes": 5, **summary}, {"seed": 1, "set": {"E_L": "-70*mV"}}
    )


def figure():
    drawing = Figure(figsize=(1, 1))
    drawing.subplots().plot([0, 1])
    return drawing


def test_a_run_comes_back_as_it_was_written(tmp_path):
    written = record(n=10_000)  # large enough to be compressed
    paths = write_run(tmp_path / "run", written, {"raster": figure()})
    assert [path.name for path in paths] == ["data.nc", "summary.json", "raster.png", "run.json"]
    assert sorted((tmp_path / "run").iterdir()) == sorted(paths)
    read = read_run(tmp_path / "run")
    xr.testing.assert_identical(read.data, written.data)
    assert (read.summary, read.provenance) == (written.summary, written.provenance)


@given(st.dictionaries(st.text(min_size=1), st.floats(allow_nan=False, allow_infinity=False) | st.integers()))
def test_numbers_survive_exactly(tmp_path_factory, summary):
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, Record(xr.Dataset(), summary, {}))
    assert read_run(folder).summary == summary


def test_numpy_numbers_are_numbers(tmp_path):
    write_run(tmp_path, record(accuracy=np.float32(0.5), spikes=np.int64(7)))
    assert read_run(tmp_path).summary["spikes"] == 7


@pytest.mark.parametrize("value", [np.nan, np.inf, {"mean": 1.0}, [1.0], np.ones(2), "0.9", None, True])
def test_a_metric_that_is_no_finite_number_is_named(tmp_path, value):
    with pytest.raises(UserError, match="angle_hidden_deg.*one finite number"):
        write_run(tmp_path / "run", record(angle_hidden_deg=value))
    assert not (tmp_path / "run").exists()


def test_an_array_without_units_is_named(tmp_path):
    bare = Record(xr.Dataset({"v": ("t", np.zeros(3))}), {}, {})
    with pytest.raises(UserError, match="No units on v"):
        write_run(tmp_path, bare)


def test_provenance_must_be_plain(tmp_path):
    with pytest.raises(UserError, match=r"run\.json cannot hold"):
        write_run(tmp_path, Record(xr.Dataset(), {}, {"program": object()}))


def test_redrawing_touches_only_the_figures(tmp_path):
    write_run(tmp_path, record(), {"raster": figure()})
    before = (tmp_path / "run.json").stat().st_mtime_ns
    write_figures(tmp_path, {"raster": figure(), "angles": figure()})
    assert (tmp_path / "angles.png").exists()
    assert (tmp_path / "run.json").stat().st_mtime_ns == before


class Unprintable(Figure):
    def savefig(self, *args, **kwargs):
        raise KeyboardInterrupt


def test_an_interruption_leaves_no_complete_run_even_over_an_old_one(tmp_path):
    write_run(tmp_path, record())
    with pytest.raises(KeyboardInterrupt):
        write_run(tmp_path, record(), {"raster": Unprintable()})
    assert not is_complete(tmp_path)
    with pytest.raises(UserError, match=r"no complete run: run\.json is missing"):
        read_run(tmp_path)


FILL_THE_DISK = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from test_storage import UserError, record, write_run
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_run(sys.argv[1], record(n=100_000))
except UserError as error:
    print(error)
"""


def test_a_full_disk_is_a_message_and_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", FILL_THE_DISK, tmp_path, Path(__file__).parent]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Cannot write {tmp_path / 'data.nc'}: File too large" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_a_message(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Cannot write .*file"):
        write_run(tmp_path / "file", record())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="from its folder, a path, not from None"):
        read_run(None)
    with pytest.raises(UserError, match="There is no run folder .*nowhere"):
        read_run(tmp_path / "nowhere")


def truncate(content):
    return content[: len(content) // 2]


def flip_a_bit(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, lambda content: b"", lambda content: b"not HDF5"])
def test_damaged_data_are_named_with_the_remedy(tmp_path, damage):
    write_run(tmp_path, record(n=10_000))
    path = tmp_path / "data.nc"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"Cannot read .*data\.nc.*--overwrite"):
        read_run(tmp_path)


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_damaged_summary_is_named(tmp_path, text):
    write_run(tmp_path, record())
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(UserError, match=r"Cannot read .*summary\.json"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (xr.Dataset(attrs={"a": None}), "attribute 'a', None"),
        (xr.Dataset(attrs={"a": True}), "attribute 'a', True"),
        (xr.Dataset({"x": ("t", np.arange(3), {"b": {}})}), "an attribute of 'x'"),
        (xr.Dataset({"x": ("t", np.array([1, "a"], object))}), "variable 'x'"),
        (xr.Dataset({"a/b": ("t", np.arange(3))}), "variable 'a/b'"),
    ],
)
def test_what_a_data_set_cannot_hold_is_named(tmp_path, data, named):
    with pytest.raises(UserError, match=f"data.nc cannot hold {named}"):
        write_run(tmp_path / "run", Record(data, {}, {}))
    assert not (tmp_path / "run").exists()


HOLD = "import h5py, sys; file = h5py.File(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.readline()"


def test_a_file_in_use_is_not_called_damaged(tmp_path):
    write_run(tmp_path, record())
    command = [sys.executable, "-c", HOLD, tmp_path / "data.nc"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        holder.stdout.readline()
        with pytest.raises(UserError, match="has the file in use") as told:
            read_run(tmp_path)
        assert "damaged" not in str(told.value)
        holder.communicate("\n")
    assert read_run(tmp_path).summary == record().summary


def test_a_full_disk_does_not_cost_the_run_that_is_there(tmp_path, monkeypatch):
    write_run(tmp_path, record(), {"raster": figure()})

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "write_whole", full)
    with pytest.raises(UserError, match="No space left"):
        write_run(tmp_path, record(n=20), {"raster": figure()})
    assert read_run(tmp_path).data.sizes["cell"] == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "data.nc",
        "raster.png",
        "run.json",
        "summary.json",
    ]
