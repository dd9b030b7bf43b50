"""The review's family of learning rules, side by side: how close each comes to the gradient, and how fast.

Methods. Each rule of `models/rate` trains rate networks of one architecture (64-100-10; --hidden) on the
same images, in the same mini-batches of 20 and for as many epochs (100; 12 with --quick): scikit-learn's
1,797 digits or any IDX files (--images, --labels), split 60/20/20 by seed, or with a test set as given. The
rates of learning, selected on validation images, stand in the rule's `parameters`; a layer that reads much
takes smaller steps (`steps` in `models/rate/_network.py`), and with files steps fall linearly to zero.
Errors are measured at 40 moments and angles at 12, evenly on a log scale. The angle is that between what the
rule changes on a mini-batch and the negative gradient of its own network's loss there, for the weights of
each layer, or of all hidden layers together (`angle_deg`: mean over training after the first epoch).
Multiply-accumulates (MACs) are counted from each rule's equations. For the digits, networks of 4 to 4,000
hidden units (three decades of parameters) and of one to five hidden layers of 100 are then trained for 2 and
10 epochs (1 and 2 with --quick), at the best of three (two) rates of learning.

Prediction. Precision orders the rules. Without error, hidden layers do not learn. One scalar for all is slow,
the slower the larger the network, as its angle goes to 90 degrees. A vector per layer learns about as fast as
backprop, though random feedback at 40 to 60 degrees; learned feedback and differences of activity come close
to the gradient.

Published. Lillicrap et al. 2020, Nat Rev Neurosci 21:335 (the spectrum, without numbers). Akrout et al. 2019
(784-500-10 on MNIST, 400 epochs): final angles of 34.9 degrees for feedback alignment, 3.1 for Kolen-Pollack.

    python experiments/ngrad.py                  (--quick: less of everything; --rules a b: only these)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import time

import xarray as xr

from dendritic_bp import listing
from dendritic_bp.errors import UserError, suggest
from dendritic_bp.flags import require_counts
from dendritic_bp.storage import Record
from figures.ngrad import figures
from measures.ngrad import failures, summary
from measures.ngrad_scaling import best, depth_jobs, size_jobs
from networks.ngrad_training import Budget, Job, in_order, load, rule, rule_names, source_hash, train_all

EPOCHS, QUICK_EPOCHS = {"digits": 100, "files": 10}, {"digits": 12, "files": 2}


def options(parser):
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--rules", nargs="+", metavar="RULE", help="files of models/rate (all of them)")
    add("--hidden", type=int, nargs="+", default=[100], metavar="N", help="units of each hidden layer (100)")
    add(
        "--epochs",
        type=int,
        metavar="N",
        help="100 of the digits (12 with --quick), 10 of files (2)",
    )
    add("--batch", type=int, default=20, metavar="N", help="examples per mini-batch (20)")
    networks = "networks per rule, of seeds from --seed on (1); 0-9 or 0,1: a study of these seeds"
    add("--seeds", type=_seeds, default=1, metavar="N", help=networks)
    add("--images", metavar="FILE", help="images in IDX format, plain or gzip, instead of the digits")
    add("--labels", metavar="FILE", help="their labels")
    add("--test-images", metavar="FILE", help="images of a test set (else 20 %% of the images)")
    add("--test-labels", metavar="FILE", help="their labels")
    add("--no-scaling", action="store_true", help="leave out network size and depth")


def _seeds(text):
    """Return a number of networks, or the seeds of a study as they are."""
    return int(text) if text.isdecimal() else text


def simulate(args):
    """Train all networks, and collect their courses."""
    require_counts(epochs=args.epochs, batch=args.batch, seeds=args.seeds, hidden=args.hidden)
    names = in_order(args.rules or rule_names())
    listing.offer(lambda: {f"{name}.{each}": ((), 1) for name in names for each in rule(name).parameters})
    files, changed = _files(args), _changed(args.set, names)
    seeds = range(args.seed, args.seed + args.seeds)
    budget = Budget(_epochs(args), args.batch, anneal=bool(files))
    _require_examples(args.batch, len(load(files, args.seed).train[0]))
    main = [
        Job(name, tuple(args.hidden), budget, seed, files, changed[name]) for name in names for seed in seeds
    ]
    scaling = [] if files or args.no_scaling else names
    sizes, depths = (jobs(scaling, args.seed, changed, args.quick) for jobs in (size_jobs, depth_jobs))
    start, source = time.perf_counter(), source_hash()
    courses = train_all([*main, *sizes, *depths])
    layers = [f"hidden{k + 1}" for k in range(len(args.hidden))] + ["output"]
    data = _stacked(courses[: len(main)], names, "seed", list(seeds)).assign_coords(layer=layers)
    if scaling:
        after = len(main) + len(sizes)
        data = data.merge(best(sizes, courses[len(main) : after], names, "size"))
        data = data.merge(best(depths, courses[after:], names, "depth"))
    data = data.assign_coords(feedback=("rule", [rule(name).feedback for name in names]))
    print(*failures(data), sep="\n", end="\n" if failures(data) else "")
    cost = {"source_hash": source, "run_s": time.perf_counter() - start}
    return Record(data, summary(data), {**cost, "parameters": _parameters(names, changed)})


def _epochs(args):
    default = (QUICK_EPOCHS if args.quick else EPOCHS)["files" if args.images else "digits"]
    return default if args.epochs is None else args.epochs


def _files(args):
    """Return the names of images and labels, and of those of a test set; none for the digits."""
    given, test = (args.images, args.labels), (args.test_images, args.test_labels)
    for names, flags in ((given, "--images and --labels"), (test, "--test-images and --test-labels")):
        if any(names) and not all(names):
            raise UserError(f"{flags} go together: one file each, in IDX format.")
    if any(test) and not any(given):
        raise UserError("--test-images need --images, from which to learn.")
    return (*filter(None, given), *filter(None, test))


def _changed(values, names):
    """Return {rule: {parameter: value}} of what --set asks for."""
    changed = {name: {} for name in names}
    for key, value in values.items():
        name, _, parameter = key.partition(".")
        if name not in changed:
            raise UserError(f"--set {key}: no rule '{name}' is trained; {suggest(name, names)}")
        known = rule(name).parameters
        if parameter not in known:
            raise UserError(
                f"--set {key}: {name} has no parameter '{parameter}'; {suggest(parameter, known)}"
            )
        if not isinstance(value, int | float):
            raise UserError(f"--set {key}: write a number without unit, as in {name}.{parameter}=0.1.")
        changed[name][parameter] = value
    return changed


def _require_examples(batch, examples):
    if batch > examples:
        raise UserError(f"--batch {batch} is more than the {examples} examples for training.")


def _stacked(courses, names, along, values):
    """Lay the courses out over rules and, within a rule, over something else."""
    rows, epochs = len(values), courses[0].epochs
    courses = [course.drop_vars("epochs") for course in courses]
    rules = [xr.concat(courses[k * rows : (k + 1) * rows], along) for k in range(len(names))]
    return xr.concat(rules, "rule").assign(epochs=epochs).assign_coords({"rule": names, along: values})


def _parameters(names, changed):
    """Return what run.json should keep of each rule: its values, and their sources."""
    return {
        name: {
            key: {"value": changed[name].get(key, row.value), "unit": row.unit, "source": row.source}
            for key, row in rule(name).parameters.items()
        }
        for name in names
    }


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
