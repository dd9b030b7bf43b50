"""Feedback of any mechanism can be measured from noise, in a stage of its own that knows no label."""

import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import TimedArray, pA, second
from simulate import DT
from test_credit import ETA, EVENTS, W, acting, wire
from test_digits import FakeChain, data  # noqa: F401

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

from dendritic_bp import neurons
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from networks.digits import PIECE, Design
from networks.measuring import RATE, SETTLE, is_measured, noisy
from networks.mechanisms import MECHANISMS
from networks.training import Plan, Training

SENDING = [name for name, each in MECHANISMS.items() if each.credit.sends]
known = acting.with_equations("P_bar : 1\nkind : 1\n")  # what the synapses of all mechanisms read
CLOSED, OPEN = (TimedArray([x], dt=1 * second) for x in (0.0, 1.0))


@pytest.mark.parametrize("name", SENDING)
@pytest.mark.parametrize(("measures", "moved"), [(OPEN, 0.1 * (400 * 0.5 - 100)), (CLOSED, 0)])
def test_an_event_of_the_sender_moves_its_weight_to_the_centred_trace_of_the_receiver(name, measures, moved):
    model = Design((3,), name, measured=True).cell.credit.feedback
    gates = dict.fromkeys(model.namespace, CLOSED) | dict(measures=measures)
    orders = TimedArray([0, EVENTS.index("event") + 1, 0], dt=DT), TimedArray([0], dt=DT)
    pre, post = (
        neurons(known, 1, each, dict(orders=x)) for each, x in zip(("pre", "post"), orders, strict=True)
    )
    post.x, post.x_bar = 0.7, 0.2
    wires = wire(model, pre, post, namespace=gates, eta=0 * ETA, eta_w=0.1, w_1=400 * pA)
    assert float((wires.w[0] - W) / pA) == pytest.approx(moved, abs=1e-6)


def test_no_other_network_measures():
    asked = Design((3,), "signed_bursts", measured=True)
    assert is_measured(asked.feedback_values("measured"))
    for kind in ("learned", "random", "zero", "shuffled", "scalar"):
        assert not is_measured(asked.feedback_values(kind))
    assert not is_measured(Design((3,), "signed_bursts").feedback_values("learned"))


def test_one_number_to_all_has_no_feedback_to_measure():
    with pytest.raises(UserError, match="--feedback measured needs feedback, which scalar has not"):
        _ = Design((3,), "scalar", measured=True).cell


@pytest.fixture(scope="module")
def chained(data):  # noqa: F811
    """Return a training of two epochs with measured feedback, whose chain is faked, and the chain."""
    asked = Design((6, 5), "signed_bursts", measured=True)
    chain = FakeChain(asked)
    training = Training(asked, data, Plan(2, 0, 1.0), asked.feedback_values("measured"))
    return training(chain), chain


def test_before_each_epoch_a_stage_measures_the_feedback_onto_each_layer(chained):
    _, chain = chained
    stages = [k for k, (kind, _) in enumerate(chain.pieces) if kind == "probe"]
    assert stages == [0, 1, 6, 7]  # an epoch is three pieces, and a look
    for k, layer in zip(stages, (1, 2, 1, 2), strict=True):
        values = chain.pieces[k][1]
        rates = [float(values[f"feedback{each}.eta_w"]) for each in (1, 2)]
        assert rates == [RATE * (layer == 1), RATE * (layer == 2)]
        assert [float(values[f"hidden{each}.sigma_z"]) > 0 for each in (1, 2)] == [layer == 1, layer == 2]


def test_what_was_measured_is_what_the_next_piece_has_and_no_later_one_is_told(chained):
    _, chain = chained
    told = [k for k, (_, values) in enumerate(chain.pieces) if "feedback1.w" in values]
    assert told == [2, 8]
    for k in told:  # all from the output
        assert [np.size(chain.pieces[k][1][f"feedback{each}.w"]) for each in (1, 2)] == [600, 500]


def test_a_stage_is_dark_and_without_a_label_and_nothing_else_learns_in_it(chained):
    _, chain = chained
    values = chain.pieces[6][1]
    assert not values["images"].any() and not values["label"].any()
    for gate in ("learning", "teaching"):
        assert not values[gate].any()
    measures = values["measures"].reshape(PIECE, -1)
    assert not measures[:SETTLE].any() and measures[SETTLE:].all() and values["adapting"].any()
    assert not chain.pieces[2][1]["measures"].any()


@pytest.mark.parametrize("name", SENDING)
def test_each_mechanism_takes_what_a_stage_asks_for(name):
    asked = Design((2,), name, measured=True)
    assert asked.name == f"digits-{name}-measured-64-2-10"
    values = asked.feedback_values("measured") | asked.stage(0) | noisy(1, 1)
    Program(asked.protocol, asked.name).check(values)
