"""What must a teacher know? The label, whether the answer was right, or nothing but the image.

Methods. The cells, trials and synapses of `digits.py` (64 pixels x 4 input cells, 30 hidden cells) under
three teachers, each a current into the apical dendrites of the output. *label*: ten classes compete, and
each is told what its share lacks. *reward*: the network answers at 140 ms, by a class drawn as the shares
say, or in 3 of 10 trials by any. From 160 to 300 ms it hears whether that was right: if so, all classes are
told what a label would tell them; if not, the chosen one alone is told to give up its share.
*reconstruction*: four output cells stand for each pixel, and are told what their rate lacks of its
brightness; there is no label in the program. 8 epochs of 1,077 digits, and the same with hidden weights
frozen and with feedback zero. At the end all images are shown for three trials without a teacher, and two
read-outs are fitted to the events of hidden cells in single trials of training images: a logistic regression
for the class, a ridge regression for the pixels. Probes compare what would be learned with the
gradient of the matched rate network: of the cross-entropy for label and reward, of the squared error of the
pixels for reconstruction. Values were chosen on validation images of seeds 20 to 22.

Prediction. The read-out of classes falls from label to reward to reconstruction, all above frozen hidden
cells. Reward needs many more images. What is left of the image falls the other way.

Published. As rate networks, a chosen unit that alone sends an error learns classes as well as with labels
(Roelfsema & van Ooyen 2005, abstract). No such ladder was found in spikes.

    python experiments/teachers.py     (--quick: 10 hidden cells, one epoch; --teacher a b: only these)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import replace

from dendritic_bp.chain import train
from dendritic_bp.flags import require_counts
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.tasks import digits
from dendritic_bp.variants import with_changes
from figures.teachers import figures
from measures.digits import Meter
from measures.teachers import Result, dataset, summary
from networks.digits import Design
from networks.teachers import DENDRITIC, TEACHERS
from networks.training import Plan, Training

HIDDEN, EPOCHS = 30, 8
QUICK_HIDDEN, QUICK_EPOCHS = 10, 1


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--teacher", nargs="+", choices=TEACHERS, metavar="NAME", help="label, reward, reconstruction (all)")
    add("--credit", choices=DENDRITIC, default="signed_bursts", help="how errors travel (signed_bursts)")
    add("--hidden", type=int, metavar="N", help="hidden cells (30; 10 with --quick)")
    add("--epochs", type=int, metavar="N", help="times that the training images are shown (8; 1)")
    add("--limit", type=int, default=0, metavar="N", help="number of training images (all)")
    add("--precision", choices=PRECISIONS, default="double", help="of all but times (double)")


def simulate(args: argparse.Namespace) -> Record:
    """Train under each teacher, with its controls."""
    usual = (QUICK_HIDDEN, QUICK_EPOCHS) if args.quick else (HIDDEN, EPOCHS)
    given = (args.hidden, args.epochs)
    hidden, epochs = (one if asked is None else asked for asked, one in zip(given, usual, strict=True))
    require_counts(hidden=hidden, epochs=epochs)
    require_counts(0, limit=args.limit)
    names = [name for name in TEACHERS if name in (args.teacher or TEACHERS)]
    designs = {name: Design((hidden,), args.credit, teacher=name, stretch=1) for name in names}
    programs = {n: Program(each.protocol, each.name, precision=args.precision) for n, each in designs.items()}
    for program in programs.values():
        program.check(args.set)  # before the first is compiled
    results = {name: _result(designs[name], programs[name], epochs, args) for name in names}
    hashes = {name: each.source_hash for name, each in programs.items()}
    return Record(
        dataset(results),
        summary(results),
        dict(source_hash="-".join(each[:8] for each in hashes.values()), programs=hashes),
    )


def _result(design: Design, program: Program, epochs: int, args: argparse.Namespace) -> Result:
    """Train as asked for, with hidden weights frozen, and with feedback zero."""
    data = replace(digits(args.seed, args.limit), mean=design.cell.brightness)
    plan, meter = Plan(epochs, args.seed, design.cell.anneal), Meter(design, data)
    learned = design.feedback_values("learned")
    variants = {
        "learning": learned,
        "hidden frozen": learned | design.frozen,
        "feedback zero": learned | design.feedback_values("zero"),
    }
    trainings = {
        f"{design.teacher} {label}": Training(
            design, data, plan, values, meter if label == "learning" else None, cells=True
        )
        for label, values in with_changes(variants, args.set, learned).items()
    }
    done = train(program, args.seed, trainings, plan.pieces(data, design))
    return Result(dict(zip(variants, done.values(), strict=True)), meter)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
