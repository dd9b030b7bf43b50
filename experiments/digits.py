"""A spiking network of two-compartment cells learns digits through bursts in its apical dendrites.

Methods. 64 pixels x 4 input cells -> 200 hidden cells -> 10 classes x 10 output cells. Each cell has a
soma, which receives the events (isolated spikes, or the first of a burst) of the layer below, and an apical
dendrite, which receives the bursts of the output (with other cells: of the layer above) less those expected
from its events. The size of the apical potential sets the probability that an event becomes a burst, its
sign which of two kinds of burst (`models/neurons/burst_signed.py`). An image is shown for 200 ms; in
training, from 60 ms on, a teacher compares the share of each output class in the (exponentially weighted)
event rates with what it should be, and sends the difference as a current into the apical dendrites of that
class. Nothing else knows the label.
All forward synapses follow one rule, `models/synapses/signed_bursts.py`: bursts of one kind potentiate, those
of the other depress. The feedback synapses start small and random and learn by a local rule (same file); with
--feedback random they stay as they are. A slow current holds the mean rate of each cell. With --neuron
burst_poisson, there is one kind of burst, a coin decides about it, and the teacher has target rates; with
--neuron pyramidal, plateaus make the bursts, and the teacher begins at 140 ms. Images of full size are
learned with cells that adapt less (`--neuron burst_graded`, networks/cells.py), in trials of 480 ms
(--stretch: an image is seen for longer, and an event teaches as much less). scikit-learn's 1,797 digits,
scaled to equal brightness, split 60/20/20 by seed; 12 epochs of 1,077 images, in pieces of 360 trials; other
images by --data or by files (docs/digits.md). For validation and test, teacher and plasticity are off, and
what is shown leaves no trace; in the test each image is shown for three trials, and the class with most
events wins. Settings were compared on the validation images; the README says where test results had a say.

Prediction. Hidden learning helps: with --hidden 30, freezing the hidden weights (--hidden-plasticity off),
cutting the feedback (--feedback zero), delivering it in the wrong trial (--feedback shuffled), or giving all
hidden cells the same number (--feedback scalar), costs at least 8 points. The weight changes of the hidden
layer stay well below 90 degrees from the negative gradient of the matched rate network.

Published. No accuracy on digits could be found for a spiking burst rule: Payeur et al. 2021 learn XOR. The
other dendritic network that spikes, Guerguiev et al. 2017, reaches 95.9 % on MNIST (60,000 images).

    python experiments/digits.py --controls
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from typing import Any

from dendritic_bp.chain import train
from dendritic_bp.errors import UserError
from dendritic_bp.flags import require_counts
from dendritic_bp.images import image_flags, images_of
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.variants import with_changes
from figures.digits import figures
from measures.digits import Meter, dataset, summary
from networks.cells import CELLS
from networks.digits import CONTROLS, Design
from networks.mechanisms import MECHANISMS
from networks.own import cell_of
from networks.projections import FEEDBACK
from networks.stretching import STRETCH
from networks.training import Plan, Training

HIDDEN, EPOCHS = [200], 12
SMALL_IMAGES, LARGE_IMAGES = "burst_signed", "burst_graded"  # the usual cells; large: an input cell a pixel
QUICK_HIDDEN, QUICK_EPOCHS = [30], 6


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    add = parser.add_argument
    image_flags(parser)
    add("--hidden", type=int, nargs="+", metavar="N", help="cells of one to three hidden layers (200)")
    add("--epochs", type=int, metavar="N", help="times that the training images are shown (12)")
    add(
        "--patience",
        type=int,
        metavar="N",
        help="stop after N epochs without gain; test the best",
    )
    cells = parser.add_mutually_exclusive_group()
    known = f"{', '.join(CELLS)}; or another of models/neurons, or the path of a file that holds one"
    usual = f"{SMALL_IMAGES}; one hidden layer on images of files: {LARGE_IMAGES}"
    cells.add_argument("--neuron", help=f"of all layers ({usual}): {known}")
    cells.add_argument(
        "--credit", choices=MECHANISMS, help="how errors travel, with its cells (signed_bursts)"
    )
    kinds = [*FEEDBACK, "measured"]
    add("--feedback", choices=kinds, default="learned", help="onto the hidden layers (learned)")
    add(
        "--routing",
        choices=["wired", "synapses", "direct"],
        default="wired",
        help="how feedback tells bursts: by a detector (wired), or short-term plasticity with interneurons "
        "(synapses) or without (direct)",
    )
    add(
        "--dale",
        action="store_true",
        help="cells only excite; interneurons that repeat them inhibit (docs/plateaus.md)",
    )
    add("--stretch", type=int, metavar="N", help=STRETCH)
    where = ["on", "off", "first"]
    add("--hidden-plasticity", choices=where, default="on", help="in the hidden layers, or the first (on)")
    add("--precision", choices=PRECISIONS, default="double", help="of all but times (double)")
    add("--controls", action="store_true", help="run the four controls too, and draw them")


def simulate(args: argparse.Namespace) -> Record:
    """Train and test, and measure the alignment with the gradient."""
    hidden = tuple(args.hidden or (QUICK_HIDDEN if args.quick else HIDDEN))
    epochs = (QUICK_EPOCHS if args.quick else EPOCHS) if args.epochs is None else args.epochs
    _require(args, hidden, epochs)
    kind = args.credit or args.neuron
    data = images_of(args, cell_of(kind or SMALL_IMAGES).brightness)
    shape = data.images.shape[1], data.n_classes
    kind = kind or _usual(hidden, shape[0])
    measured = args.feedback == "measured"
    design = Design(hidden, kind, *shape, args.routing, measured, args.dale, stretch=args.stretch)
    plan = Plan(epochs, args.seed, design.cell.anneal, args.patience)
    program = Program(design.protocol, design.name, precision=args.precision)
    meter = Meter(design, data)
    variants = with_changes(_variants(args, design), args.set, design.feedback_values("learned"))
    program.check(args.set)  # before it is compiled
    trainings = {
        name or "learning": Training(design, data, plan, values, *([] if name else [meter]))
        for name, values in variants.items()
    }
    main, *_ = done = train(program, args.seed, trainings, plan.pieces(data, design)).values()
    controls = dict(zip([*trainings][1:], [*done][1:], strict=True))
    provenance = {"source_hash": program.source_hash, "build_s": program.build_s, **vars(main.spent)}
    numbers = summary(main, meter, controls) | {"build_s": program.build_s}
    return Record(dataset(main, meter, controls), numbers, provenance)


def _usual(hidden: tuple[int, ...], pixels: int) -> str:
    """Return the kind of cell that is best, where none is asked for."""
    large = len(hidden) == 1 and Design(hidden, SMALL_IMAGES, pixels).copies == 1
    return LARGE_IMAGES if large else SMALL_IMAGES


def _variants(args: argparse.Namespace, design: Design) -> dict[str, dict[str, Any]]:
    """Return the run-time values of the run asked for, and of its controls."""
    asked = design.feedback_values(args.feedback)
    asked |= {"on": {}, "off": design.frozen, "first": design.frozen_above}[args.hidden_plasticity]
    return {"": asked} | (design.controls(asked) if args.controls else {})


def _require(args: argparse.Namespace, hidden: tuple[int, ...], epochs: int) -> None:
    if not 1 <= len(hidden) <= 3 or min(hidden) < 1:
        raise UserError(f"--hidden needs one to three numbers of cells from 1 on, not {list(hidden)}.")
    require_counts(epochs=epochs, patience=args.patience, stretch=args.stretch)
    taken = [f"--feedback {args.feedback}"] * (args.feedback in CONTROLS)
    taken += ["--hidden-plasticity off"] * (args.hidden_plasticity == "off")
    if args.controls and taken:
        raise UserError(f"{taken[0]} is one of the --controls: leave out one of the two.")


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
