"""Under Dale's law a cell only excites, and the interneuron that repeats it inhibits in its place."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import SpikeMonitor, TimedArray, ms, pA
from simulate import simulate, told

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from dendritic_bp import neurons, synapses
from dendritic_bp.errors import UserError
from dendritic_bp.models.neurons.receptors import CONDUCTANCES, REVERSAL
from dendritic_bp.models.synapses.relayed import relayed_feedback, relayed_gradient
from dendritic_bp.models.synapses.signed_conductances import conductance_feedback, conductance_gradient
from dendritic_bp.program import Program
from networks import relays
from networks.cells import CELLS
from networks.digits import Design
from networks.relays import RELAYED, dale, relay

STEP, STEPS = 1 * ms, 400
TRAINS = [[20], [20, 37, 54, 71, 88], [20, 120, 180, 300], [20, 30, 100, 110]]  # the last: two bursts
EVENTS, BURSTS = [1, 5, 4, 2], [0, 0, 0, 2]
PORTS = dict(tau_basal=1e9 * ms, tau_top=1e9 * ms)  # what has arrived stays
cell = told.with_equations(CONDUCTANCES, parameters=REVERSAL | PORTS)
sender = told.with_equations(
    "v_relayed : volt (linked)\nv_relayed_burst : volt (linked)\n",
    events={**told.events, **{name: f"v_{name} > 0*volt" for name in RELAYED.values()}},
)


def built():
    """Return cells that fire as told, and what repeats them."""
    orders = np.zeros((STEPS, len(TRAINS)))
    for k, train in enumerate(TRAINS):
        orders[train, k] = 1
    source = neurons(sender, len(TRAINS), "source", namespace=dict(orders=TimedArray(orders, dt=STEP)))
    return source, relays.relays([source])


def test_an_interneuron_repeats_each_event_and_each_burst_once_and_at_once():
    source, made = built()
    counts = [SpikeMonitor(made[k], name=f"count{k}") for k in (0, 2)]
    simulate(STEPS * STEP, source, *made, *counts, dt=STEP)
    assert [np.asarray(each.count).tolist() for each in counts] == [EVENTS, BURSTS]
    events = sorted([20] + TRAINS[1] + TRAINS[2] + [20, 100])
    np.testing.assert_allclose(np.sort(counts[0].t / ms) - events, 3)
    assert relay.parameters["T_ref"] < 17 * ms


def arrived(model, w, **values):
    """Return the conductances (nS) onto soma and dendrite of a cell below each sender, by name."""
    source, made = built()
    source.E_bar, source.B_bar = 1e4, 4e3
    source.tau_avg = 1e9 * ms
    target = neurons(
        cell, len(TRAINS), "target", namespace=dict(orders=TimedArray(np.zeros((1, len(TRAINS))), dt=STEP))
    )
    wire = synapses(model, source, target, "wire", "i == j", w=w, eta=0 * pA, **values)
    simulate(STEPS * STEP, source, *made, target, wire, dt=STEP)
    return {
        name: np.asarray(getattr(target, name)) * 1e9 for name in ("g_exc_s", "g_inh_s", "g_exc_d", "g_inh_d")
    }


@pytest.mark.parametrize("w", [30, -30])
def test_both_ways_together_open_what_a_signed_synapse_opens(w):
    ours, theirs = (arrived(model, w * pA) for model in (relayed_gradient, conductance_gradient))
    for name, each in theirs.items():
        np.testing.assert_allclose(ours[name], each, rtol=1e-6)
    assert ours["g_exc_s" if w > 0 else "g_inh_s"][1] > 0
    assert not ours["g_inh_s" if w > 0 else "g_exc_s"].any()


@pytest.mark.parametrize("w", [30, -30])
def test_feedback_of_both_signs_arrives_by_two_ways_as_by_one(w):
    ours, theirs = (arrived(model, w * pA, gain=2) for model in (relayed_feedback, conductance_feedback))
    for name in ("g_exc_d", "g_inh_d"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-3)  # P_bar changes in these 3 ms
    bursts, expected = 2 * 2 * 30, 0.4 * 2 * 2 * 30  # of the last cell: number, gain, pA
    excites, inhibits = (bursts, expected) if w > 0 else (expected, bursts)
    assert ours["g_exc_d"][3] == pytest.approx(excites / 55, rel=1e-3)
    assert ours["g_inh_d"][3] == pytest.approx(inhibits / 25, rel=1e-3)


def test_no_cell_inhibits_while_its_interneuron_is_silent():
    with pytest.MonkeyPatch.context() as patch:
        for drive in relays.DRIVES.values():
            patch.setitem(drive.parameters, "w", 0 * pA)
        for model, values in ((relayed_gradient, {}), (relayed_feedback, dict(gain=2))):
            for w in (30, -30):
                ours = arrived(model, w * pA, **values)
                assert not ours["g_inh_s"].any() and not ours["g_inh_d"].any()


def test_cells_without_conductances_are_refused():
    with pytest.raises(UserError, match="--dale needs cells.*not burst_signed"):
        dale(CELLS["burst_signed"])


def test_a_network_that_obeys_dale_can_be_run():
    asked = Design((2,), "multiplexing", dale=True)
    assert asked.name == "digits-multiplexing-dale-64-2-10"
    program = Program(asked.protocol, asked.name)
    program.check(asked.feedback_values("shuffled"))
    assert {"hidden1_repeated_event.w", "output_repeated_burst.w"} <= set(program.values)
