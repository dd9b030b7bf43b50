"""The mechanisms of credit assignment in spikes, side by side: one network, one task, one meter.

Methods. Each mechanism of `models/credit`, with the cells and the values of `networks/mechanisms.py`, trains
the network of `digits.py` (64 pixels x 4 input cells, 200 hidden cells, 10 classes x 10 output cells; 12
epochs of 1,077 digits, 200 ms each, or 480 ms for bursts and plateaus). At eight moments, evenly on a log
scale, a probe compares what the hidden weights would learn there with the negative gradient of the matched
rate network (docs/digits.md); the share of it that repeats from piece to piece is no noise. Networks of 30
hidden cells are trained too, beside such with hidden weights frozen and with feedback that is zero, of
another trial, or one scalar for all. The rate twin of each mechanism (`models/rate`) learns the same images
for as many epochs with as many hidden units. Values were chosen on validation images of seed 20; test images
are shown once, at the end.

Prediction. All mechanisms but the scalar send a vector: their hidden changes stay below 65 degrees from the
gradient but for noise, they need few epochs to 10 % error, and with 30 hidden cells lose 5 points or more
without their feedback. The scalar is near 90 degrees, and slow.

Published. Accuracies of the best spiking network of each mechanism that could be found are in data.nc, with
their tasks and sources; none is on these digits. Of local spiking rules there, 0.86 to 0.87, and 0.955 for a
hybrid, are reported (arXiv 2603.00710).

With two hidden layers (--hidden 30 10), both hear the output. A control has the weights onto the second
frozen, and one layer learns beside: the second adds 0.01 or more where its cells are too few to suffice as
they happen to be wired.

    python experiments/credit.py         (--quick: 30 hidden cells, 3 epochs; --credit a b: only these)
    python experiments/credit.py --hidden 30 10 --epochs 6
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import replace
from typing import Any

from dendritic_bp.chain import train
from dendritic_bp.errors import UserError
from dendritic_bp.flags import require_counts
from dendritic_bp.images import are_digits, image_flags, images_of
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.tasks import Dataset
from dendritic_bp.variants import with_changes
from figures.credit import figures
from measures.credit import ONE_LAYER, SECOND_FROZEN, Result, dataset, failures, summary, twin
from measures.digits import Meter
from networks.digits import Design
from networks.mechanisms import MECHANISMS
from networks.stretching import STRETCH
from networks.training import Plan, Training

HIDDEN, EPOCHS, SMALL = 200, 12, 30
QUICK_HIDDEN, QUICK_EPOCHS = 30, 3


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--credit", nargs="+", choices=MECHANISMS, metavar="NAME", help="mechanisms of models/credit (all)")
    add("--hidden", type=int, nargs="+", metavar="N", help="cells of one or two hidden layers (200; 30)")
    add("--small", type=int, default=SMALL, metavar="N", help="hidden cells of the controls (30)")
    add("--epochs", type=int, metavar="N", help="times that the training images are shown (12; 3)")
    add("--stretch", type=int, metavar="N", help=STRETCH)
    image_flags(parser)
    add("--precision", choices=PRECISIONS, default="double", help="of all but times (double)")
    add("--no-controls", action="store_true", help="leave the controls out")


def simulate(args: argparse.Namespace) -> Record:
    """Train each mechanism, its controls and its rate twin."""
    hidden, epochs = _size(args)
    _require(args, hidden, epochs)
    stretch = _stretch(args)
    names = [name for name in MECHANISMS if name in (args.credit or MECHANISMS)]
    data = images_of(args)
    if args.set:
        for name in names:  # before the first is compiled
            design = _design(name, hidden, data, stretch)
            Program(design.protocol, design.name).check(args.set)
    results = {name: _result(name, data, args) for name in names}
    programs = {
        name: {"source_hash": each.source_hash, "build_s": each.build_s} for name, each in results.items()
    }
    cost = {
        "source_hash": "-".join(each["source_hash"][:8] for each in programs.values()),
        "build_s": sum(each.build_s for each in results.values()),
        "run_s": sum(each.run_s for each in results.values()),
    }
    print(*failures(results), sep="\n", end="\n" if failures(results) else "")
    return Record(dataset(results), summary(results), cost | {"programs": programs})


def _result(name: str, data: Dataset, args: argparse.Namespace) -> Result:
    """Train one mechanism: as large as asked for and, with its controls, small."""
    (hidden, epochs), stretch = _size(args), _stretch(args)
    cell = MECHANISMS[name]
    data = replace(data, mean=cell.brightness) if are_digits(args) else data
    plan = Plan(epochs, args.seed, cell.anneal)
    small = hidden if len(hidden) == 2 else (args.small,)  # the network that has controls
    beside = [] if args.no_controls else [small, hidden[:1]]
    trainings, meter, programs = {}, None, []
    for sizes in sorted({hidden, *beside}, key=lambda sizes: (len(sizes), sizes), reverse=True):
        design = _design(name, sizes, data, stretch)
        observers = {"": Meter(design, data)} if sizes == hidden else {}
        meter = observers.get("", meter)
        variants = _variants(design, args, controls=sizes == small and bool(beside))
        words = name, "-".join(map(str, sizes))
        these = {
            " ".join((*words, label)).strip(): Training(design, data, plan, values, observers.get(label))
            for label, values in variants.items()
        }
        programs.append(Program(design.protocol, design.name, precision=args.precision))
        done = train(programs[-1], args.seed, these, plan.pieces(data, design))
        trainings |= {(sizes, label): each for label, each in zip(variants, done.values(), strict=True)}
    compared = {label: each for (sizes, label), each in trainings.items() if sizes == small and beside}
    if len(hidden) == 2 and beside:
        compared[ONE_LAYER] = trainings[hidden[:1], ""]
    return Result(
        main=trainings[hidden, ""],
        meter=meter,
        small=compared,
        twin=twin(name, hidden, data, plan, anneal=not are_digits(args)),
        source_hash=programs[0].source_hash,
        build_s=sum(program.build_s for program in programs),
    )


def _variants(design: Design, args: argparse.Namespace, controls: bool) -> dict[str, dict[str, Any]]:
    """Return the run-time values of a network and its controls: of two layers, one with the second frozen."""
    values = design.feedback_values("learned")
    variants = {"": values}
    if controls and len(design.hidden) == 1:
        variants |= design.controls(values)
    elif controls:
        variants |= {SECOND_FROZEN: values | design.frozen_above}
    return with_changes(variants, args.set, values)


def _design(name: str, hidden: tuple[int, ...], data: Dataset, stretch: int | None = None) -> Design:
    """Return the network of a mechanism for these images."""
    return Design(hidden, name, data.images.shape[1], data.n_classes, stretch=stretch)


def _size(args: argparse.Namespace) -> tuple[tuple[int, ...], int]:
    """Return the number of hidden cells, layer by layer, and of epochs."""
    usual = ((QUICK_HIDDEN,), QUICK_EPOCHS) if args.quick else ((HIDDEN,), EPOCHS)
    hidden, epochs = (
        default if given is None else given
        for given, default in zip((args.hidden, args.epochs), usual, strict=True)
    )
    return tuple(hidden), epochs


def _stretch(args: argparse.Namespace) -> int | None:
    """Return how long trials are; None: as suits each mechanism."""
    return 1 if args.quick and args.stretch is None else args.stretch


def _require(args: argparse.Namespace, hidden: tuple[int, ...], epochs: int) -> None:
    if len(hidden) > 2 or min(hidden) < 1:
        raise UserError(f"--hidden needs one or two numbers of cells from 1 on, not {list(hidden)}.")
    if len(hidden) == 2 and args.small != SMALL:
        raise UserError("--small is for one hidden layer: two have their controls as they are.")
    require_counts(small=args.small, epochs=epochs, stretch=args.stretch)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
