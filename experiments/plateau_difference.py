"""Can hidden layers learn from the difference of two plateaus? Guerguiev et al. 2017 [G17], in Brian2.

Question   Can cells whose apical dendrites are cut off from the soma learn in hidden layers from the spikes
           of the output alone, and what does it need?
Method     Cells that spike as Poisson processes, up to 200 Hz (`models/neurons/segregated.py`): pixels,
           hidden layers, ten output cells. An image is shown for two phases of 52 ms. In the second,
           conductances drive the output to its target. The output's spikes reach the apical dendrites of all
           hidden layers, through fixed random weights. At the end of each phase hidden cells have a plateau,
           a sigmoid of the mean apical potential. Their difference, once for each image, changes the synapses
           (`models/synapses/phase_difference.py`). The answer to a new image is the output cell with the
           highest mean potential in three trials of 104 ms.
Conditions none, one and two hidden layers; and with one of them: rates in place of spikes down (rates); a
           fifth of the feedback, five times as strong (sparse); the transposed forward weights as feedback
           (symmetric); the same with a noise of 0.05, drawn anew after each image (noisy); plateaus up to 5
           ms early, cell by cell (desynchronised); apical dendrites that reach the soma, by conductances of
           0.05 and 0.6, where the basal one has 0.6 (leak_low, leak_high).
Angles     Between what an image teaches the hidden cells, through plateaus, and what the gradient would,
           through the forward weights of the moment; image by image.
Prediction Error falls from none to one to two hidden layers. Angles are far below 90 degrees with spikes
           down, and smaller with rates. Sparse feedback, plateaus at different times and the low leak do no
           harm; the high leak ruins learning, and symmetric feedback with noise is worse than random.
Published  MNIST, 60 epochs of 60,000 images, 500 and 100 cells: errors of 8.3, 4.1 and 3.2 % with none, one
           and two hidden layers; 3.7 sparse, 3.6 symmetric; angles of 65 to 70 degrees, 35 to 40 with rates.
Reduced    Few images and cells. Hence steps are up to ten times as large, those of the output grow as cells
           get fewer, and all fall linearly to zero. Phases have one length (there 50 ms and a random part,
           2 ms on average); apical dendrites lack a constant potential. Postsynaptic potentials are as short
           as in the authors' program, which cuts them: as the paper's formula has them, they outlast the
           30 ms after which averages begin, and two layers learn from the last image.
Command    python experiments/plateau_difference.py --images F --labels F --test-images F --test-labels F
           --limit 20000                        (without files: 20 epochs of scikit-learn's digits)

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901, and the authors' program
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from dataclasses import replace

from dendritic_bp.chain import Spent, train
from dendritic_bp.flags import require_counts
from dendritic_bp.images import are_digits, image_flags, images_of
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.tasks import limited
from dendritic_bp.variants import with_changes
from figures.plateau_difference import figures
from measures.plateau_difference import dataset, summary
from networks.plateau_difference import CONDITIONS, Design
from networks.plateau_training import Training

HIDDEN, QUICK_HIDDEN = (100, 50), (40, 20)
EPOCHS, QUICK_EPOCHS = 20, 6
QUICK = ("none", "one", "rates", "leak_high")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--conditions", nargs="+", choices=CONDITIONS, metavar="NAME", help=f"of {', '.join(CONDITIONS)}")
    image_flags(parser)
    add("--test-limit", type=int, default=0, metavar="N", help="test images at most (all)")
    add("--hidden", type=int, nargs=2, metavar="N", help="cells of the hidden layers (100 50)")
    add("--epochs", type=int, metavar="N", help="times that the training images are shown (20; others: 1)")
    add("--precision", choices=PRECISIONS, default="double", help="of all but times (double)")


def simulate(args: argparse.Namespace) -> Record:
    """Train and test the networks of all conditions."""
    data, epochs = replace(images_of(args), mean=None), _epochs(args)  # as bright as they are
    tested = args.test_limit or len(data.test)
    data = replace(data, test=limited(data.test, min(tested, len(data.test)), args.seed))
    hidden = tuple(args.hidden or (QUICK_HIDDEN if args.quick else HIDDEN))
    require_counts(epochs=epochs, hidden=hidden)
    names = args.conditions or [*(QUICK if args.quick else CONDITIONS)]
    with_changes(
        {name: CONDITIONS[name].values for name in names}, args.set
    )  # refuses what makes a condition
    trainings, programs = {}, []
    for layers in sorted({CONDITIONS[name].layers for name in names}):
        design = Design(hidden[:layers], data.images.shape[1], data.n_classes)
        programs.append(Program(design.protocol, design.name, precision=args.precision))
        programs[-1].check(args.set)
        mine = [name for name in names if CONDITIONS[name].layers == layers]
        new = {name: Training(design, data, name, epochs, args.seed, args.set) for name in mine}
        trainings |= train(programs[-1], args.seed, new, new[mine[0]].pieces)
    found = dataset({name: trainings[name] for name in names})
    spent = sum((each.spent for each in trainings.values()), Spent())
    sources = " ".join(program.source_hash for program in programs)
    built = dict(source_hash=sources, build_s=sum(program.build_s for program in programs))
    return Record(found, summary(found) | dict(cpu_s=spent.cpu_s), built | vars(spent))


def _epochs(args: argparse.Namespace) -> int:
    """Return how often the training images are shown."""
    if args.epochs is not None:
        return args.epochs
    if not are_digits(args):
        return 1
    return QUICK_EPOCHS if args.quick else EPOCHS


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
