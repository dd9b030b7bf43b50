"""From a coin and wires to plateaus, synapses and interneurons: where is credit lost on the way?

Question   What does each step towards biology cost a network that learns digits by bursts?
Method     The network of `digits.py`, 30 hidden cells, 8 epochs (--quick: 6 cells, one epoch), in six steps:
           1. a coin decides about bursts, feedback is wired (a detector tells bursts from events);
           2. plateaus make the bursts, synapses open AMPA and GABA channels (`--neuron multiplexing`);
           3. ... facilitating synapses tell bursts from events, and depressing ones take off the dendrite
              what events foretell, with the same weights (`--routing direct`);
           4. ... these drive PV and SOM cells, which inhibit in their place (`--routing synapses`);
           5. ... and in all synapses, forward ones too, cells excite and interneurons inhibit (`--dale`);
           6. routed as in 4, but with the coin of 1, and currents in place of conductances.
           Each is trained with its feedback, and with none; angles are those of `digits.py`, in probes.
Prediction Accuracy falls from step to step; in each, the cut feedback costs more than 5 points.
Published  Nobody.
Command    python experiments/biology_ladder.py [--quick]      (about ten minutes of one core)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import dataclass

import numpy as np
import xarray as xr

from dendritic_bp.chain import train
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.tasks import Dataset, digits
from dendritic_bp.variants import with_changes
from figures.biology_ladder import figures
from measures.digits import Meter, curve, summary
from networks.digits import Design
from networks.training import Plan, Training

HIDDEN, EPOCHS = 30, 8
QUICK_HIDDEN, QUICK_EPOCHS = 6, 1
STEPS = dict(  # cell, routing, and whether Dale's law holds
    coin=("burst_poisson", "wired", False),
    plateaus=("multiplexing_short", "wired", False),
    short_term_plasticity=("multiplexing_short", "direct", False),
    interneurons=("multiplexing_short", "synapses", False),
    dale=("multiplexing_short", "synapses", True),
    coin_routed=("burst_poisson", "synapses", False),
)
KEPT = (
    "test_accuracy",
    "test_accuracy_feedback_zero",
    "gain_over_feedback_zero",
    "angle_hidden_deg",
    "angle_hidden_without_noise_deg",
    "angle_output_deg",
    "burst_probability_hidden1",
    "v_min_mv",
    "v_max_mv",
)


@dataclass(frozen=True)
class Step:
    """Hold what was seen of a step: numbers, validation accuracies (feedback, epoch), and angles by probe."""

    numbers: dict[str, float]
    curves: np.ndarray
    epochs: list[float]  # of the probes
    angles: np.ndarray  # (layer, probe), deg
    source_hash: str


def climb(design: Design, data: Dataset, epochs: int, args: argparse.Namespace, name: str) -> Step:
    """Train a network with its feedback and without, and measure it."""
    plan = Plan(epochs, args.seed, design.cell.anneal)
    program, meter = Program(design.protocol, design.name), Meter(design, data)
    program.check(args.set)
    variants = {kind: design.feedback_values(kind) for kind in ("learned", "zero")}
    observers = dict(learned=meter, zero=None)
    trainings = {
        f"{name} {kind}": Training(design, data, plan, values, observers[kind])
        for kind, values in with_changes(variants, args.set).items()
    }
    main, cut = done = list(train(program, args.seed, trainings, plan.pieces(data, design)).values())
    numbers = summary(main, meter, {"feedback zero": cut})
    angles = np.array([[layer.angle_deg for layer in row] for row in meter.slaved]).T
    curves = np.array([curve(each.validate, data) for each in done])
    return Step(
        {k: numbers[k] for k in KEPT if k in numbers}, curves, meter.epochs, angles, program.source_hash
    )


def simulate(args: argparse.Namespace) -> Record:
    """Go up all steps."""
    hidden, epochs = (QUICK_HIDDEN, QUICK_EPOCHS) if args.quick else (HIDDEN, EPOCHS)
    data = digits(args.seed)
    steps = {}
    for name, (neuron, routing, dale) in STEPS.items():
        shape = data.images.shape[1], data.n_classes
        design = Design((hidden,), neuron, *shape, routing, dale=dale)
        steps[name] = climb(design, data, epochs, args, name)
    numbers = {f"{name}_{key}": x for name, step in steps.items() for key, x in step.numbers.items()}
    return Record(dataset(steps), numbers, dict(source_hash=steps["plateaus"].source_hash))


def dataset(steps: dict[str, Step]) -> xr.Dataset:
    """Return what the figure draws."""
    arrays = {
        key: ("step", np.array([step.numbers.get(key, np.nan) for step in steps.values()]), {"units": "1"})
        for key in ("test_accuracy", "test_accuracy_feedback_zero")
    }
    curves, angles = (np.array([getattr(s, what) for s in steps.values()]) for what in ("curves", "angles"))
    arrays["validation_accuracy"] = (("step", "feedback", "epoch"), curves, {"units": "1"})
    arrays["angle_deg"] = (("step", "layer", "probe"), angles, {"units": "deg"})
    arrays["probe_epoch"] = ("probe", np.array(steps["plateaus"].epochs), {"units": "1"})
    return xr.Dataset(
        arrays, dict(step=list(steps), feedback=["learned", "zero"], layer=["hidden1", "output"])
    )


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
