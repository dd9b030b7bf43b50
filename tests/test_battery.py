import math
import sys
from pathlib import Path

import pytest
from brian2 import Network, SpikeMonitor, ms
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dendritic_bp import battery, neurons
from dendritic_bp.battery import Row
from dendritic_bp.errors import ModelError, UserError
from dendritic_bp.load import neuron_model
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.plotting import figure, panels
from dendritic_bp.program import Program

ROOT = Path(__file__).parents[1]
NEURONS = ROOT / "models/neurons"


def row(ours, low=1.0, high=3.0):
    return Row("key", "1", "protocol", "cell", "ref", "mV", 2.0, low, high, ours)


def test_rows_pass_within_their_limits():
    assert row(1.0).passed and row(3.0).passed and row(1e9, high=math.inf).passed
    assert not row(0.99).passed and not row(math.nan).passed


def test_table_and_summary_tell_what_was_not_seen():
    rows = [row(2.5), row(math.nan)]
    head, first, second = battery.table(rows).splitlines()
    assert head.split()[-2:] == ["ours", "pass"]
    assert first.split()[-3:] == ["2.5", "mV", "yes"] and second.split()[-2:] == ["none", "NO"]
    assert battery.summary(rows) == {"key": 2.5, "rows_total": 2, "rows_passed": 1}


def test_rows_survive_storage_and_can_be_drawn():
    rows = [row(2.5), row(7.0), row(1.0, 1.0, 1.0), row(2.0, -math.inf), row(math.nan)]
    back = battery.from_dataset(battery.to_dataset(rows))
    assert [str(each) for each in back] == [str(each) for each in rows]
    drawing = figure()
    battery.deviations(panels(drawing)[0, 0], rows)
    drawing.canvas.draw()


@given(
    st.floats(-1e3, 1e3),
    st.floats(-1e3, 1e3) | st.just(-math.inf),
    st.floats(0, 1e3) | st.just(math.inf),
)
def test_a_dot_is_in_the_accepted_band_if_and_only_if_its_row_passes(ours, low, width):
    each = row(ours, low, low + width if math.isfinite(low) else 1.0)
    place = battery._place(each)
    assert (0 <= place <= 1) == each.passed
    assert each.passed or place <= -0.1 or place >= 1.1


def test_models_are_found_by_name_and_by_file(tmp_path):
    assert neuron_model("two_compartment", NEURONS).equations == two_compartment.equations
    assert neuron_model("som", NEURONS).name == "som"
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from dataclasses import replace\nfrom dendritic_bp.models.neurons.pyramidal import pyramidal\n"
        "mine = replace(pyramidal, name='mine')\n"
    )
    assert neuron_model(str(mine)).name == "mine"
    mine.write_text("from dendritic_bp.models.neurons.pyramidal import pyramidal\nother = pyramidal\n")
    assert neuron_model(str(mine)).name == "pyramidal"  # its own, not the one that it imports
    mine.write_text("from brian2 import ms\n\ntau = 3 * mz\n")
    with pytest.raises(UserError, match="mine.py, line 3: NameError: name 'mz' is not defined"):
        neuron_model(str(mine))
    mine.write_text("tau = = 3\n")
    with pytest.raises(UserError, match="mine.py, line 1: SyntaxError"):
        neuron_model(str(mine))
    mine.write_text("x = 1")
    for name, words in [
        ("pyramidol", "did you mean 'pyramidal'"),
        (str(mine), "it holds none"),
        ("no.py", "no file"),
    ]:
        with pytest.raises(UserError, match=words):
            neuron_model(name, NEURONS)


def test_battery_needs_two_voltages(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    import electrophysiology

    with pytest.raises(ModelError, match="no 'v_d', which is read by the electrode"):
        electrophysiology.single_cell(neuron_model("pv", NEURONS), 0.1 * ms)
    del sys.modules["electrophysiology"]


@pytest.mark.slow
def test_whole_battery_passes(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    import electrophysiology
    from dendritic_bp import cli
    from dendritic_bp.storage import read_run

    arguments = ["--out", str(tmp_path / "run")]
    cli.main(
        "", electrophysiology.simulate, electrophysiology.figures, electrophysiology.options, None, arguments
    )
    rows = battery.from_dataset(read_run(tmp_path / "run").data)
    assert len(rows) > 50
    assert [row for row in rows if not row.passed and row.test != "cost"] == []  # cost is the machine's
    del sys.modules["electrophysiology"]


def steps_of_current():
    """Build and run cells that fire, burst and make plateaus at currents of their own."""
    cells = neurons(two_compartment, 20, "cells", I_soma="50*i*pA", I_apical="20*i*pA")
    spikes = SpikeMonitor(cells, name="spikes")
    network = Network(cells, spikes)
    network.run(300 * ms, namespace={})
    return network


@pytest.mark.slow
def test_results_do_not_depend_on_fast_mathematics(tmp_path):
    flags = ["-w", "-O3", "-std=c++11"]
    exact = Program(steps_of_current, "exact", tmp_path / "exact", flags).run(progress=False)
    fast = Program(steps_of_current, "fast", tmp_path / "fast").run(progress=False)
    assert len(exact["spikes.t"]) > 50
    for name in ("spikes.i", "spikes.t", "cells.v_s", "cells.v_d", "cells.w_s"):
        assert_allclose(fast[name], exact[name], rtol=1e-9, atol=1e-18, err_msg=name)
