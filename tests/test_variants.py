"""A value that is set for all variants leaves each of them what it is."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms, pA

from dendritic_bp import UserError
from dendritic_bp.variants import with_changes

sys.path.append(str(Path(__file__).parents[1] / "experiments"))

VARIANTS = {"": {"w.gain": 1, "w.tau": 5 * ms}, "zero": {"w.gain": 0, "w.tau": 5 * ms}, "frozen": {}}
VARIANTS["frozen"] = VARIANTS[""] | {"f.eta": 0 * pA}


@pytest.mark.parametrize("name", ["w.gain", "f.eta"])
def test_what_makes_a_variant_cannot_be_set(name):
    with pytest.raises(UserError, match=f"--set {name}=1: .*would undo them"):
        with_changes(VARIANTS, {name: 1})
    assert with_changes({"": VARIANTS[""]}, {name: 1})[""][name] == 1


def test_what_all_have_in_common_is_set_in_all():
    changed = with_changes(VARIANTS, {"w.tau": 9 * ms, "other.x": 2})
    assert all(each["w.tau"] == 9 * ms and each["other.x"] == 2 for each in changed.values())
    assert [each.get("w.gain") for each in changed.values()] == [1, 0, 1]


def test_a_run_that_is_a_control_by_itself_stays_one():
    alone, normal = {"": {"w": np.zeros(3)}}, {"w": np.arange(3)}
    with pytest.raises(UserError, match=r"--set w=2: .*an array of 3 in this run"):
        with_changes(alone, {"w": 2}, normal)
    assert with_changes({"": normal}, {"w": 2}, normal)[""]["w"] == 2


@pytest.mark.parametrize("change", ["forward1.eta", "feedback1.gain", "feedback1_pre_event.delay"])
@pytest.mark.parametrize(
    "flags", [dict(controls=True), dict(feedback="zero", hidden_plasticity="off")], ids=str
)
def test_the_controls_of_digits_are_controls(change, flags):
    import digits

    asked = dict(
        hidden=[3], epochs=1, neuron="burst_poisson", credit=None, feedback="learned", hidden_plasticity="on"
    )
    asked |= dict(data="digits", images=None, labels=None, test_images=None, test_labels=None, limit=0)
    asked["precision"] = "double"
    asked |= (
        dict(
            controls=False,
            quick=True,
            seed=0,
            patience=None,
            stretch=None,
            routing="wired",
            dale=False,
            set={change: 1},
        )
        | flags
    )
    if change.endswith("delay") and "feedback" in flags:
        return  # none of these variants has another delay
    with pytest.raises(UserError, match=f"--set {change}=1: .*would undo"):
        digits.simulate(argparse.Namespace(**asked))


@pytest.mark.parametrize("routing", ["direct", "microcircuit"])
def test_the_controls_of_xor_are_controls(routing):
    import xor
    from networks import xor_fast, xor_microcircuit

    design = xor_fast.Fast(1) if routing == "direct" else xor_microcircuit.Microcircuit(1)
    normal, control = design.values(0, "opposite", True), design.values(0, "zero", False)
    made = [name for name in control if name not in normal or np.any(control[name] != normal[name])]
    assert any(name.endswith(".eta") for name in made) and any(name.endswith(".w") for name in made)
    for change in made:
        asked = dict(routing=routing, protocol="fast", rule="published", epochs=1, example=8, average=2)
        asked |= dict(
            neuron="burst_poisson",
            precision="double",
            quick=True,
            feedback="zero",
            hidden_plasticity="off",
            seed=0,
            set={change: 1 * pA},
        )
        with pytest.raises(UserError, match=f"--set {change}=1. pA: .*would undo"):
            xor.simulate(argparse.Namespace(**asked))
