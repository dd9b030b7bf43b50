"""Exclusive or, learned by bursts: the published network, and one that needs a small part of its time.

Methods. Two input populations say which of two bits are set; one output population has to fire when just
one is. Between them are two hidden pools, which get the output's bursts with opposite signs, as published
[P21]. An error is a current into the apical dendrites of the output cells, and reaches the hidden cells as
bursts only. --protocol published: 2,500 burst-Poisson cells, 10,000 background sources, 810,000 synapses,
at 0.1 ms. Each of the four patterns is shown for 8 s and taught in the last 0.8 s, for 500 epochs (16,000
s; half an hour or more). The teacher corrects each cell's own rate, averaged over 2 s. Default, --protocol
fast: the same cells at 1 ms, noise in their coins alone; 20 for each bit, 60 in each hidden pool, 80 in the
output. A pattern is shown for 200 ms, in random order, and taught from 60 ms on; 250 epochs, 200 s. The rule
is the published one, dw = eta (B - P_bar E) x, and feedback of opposite signs is fixed. All forward
weights (learned excitation less fixed inhibition) are zero at first, so that no hidden cell knows both bits
apart. What differs, so that a trial can be taught while it is read: the eligibility is stored at the event
(`models/synapses/burst_dependent.py`); feedback is bursts less those expected from events, as no cell can
know within 200 ms how it bursts in this pattern; the teacher corrects the mean rate; a slow current holds the
mean rate of the output cells, not the rate limits of the rule. --rule bursts: feedback of bursts alone.
--rule gradient: smaller steps at higher rates (`models/synapses/burst_gradient.py`), and feedback that learns
(`models/synapses/mirrored_feedback.py`).

Prediction. Published: an epoch cost of 2.92, 2.26 and 1.37 at epochs 1, 100 and 200, and all four patterns
right in the end. Fast: all right, and a cost below 1, for good within 160 s; not with --hidden-plasticity
off, nor with --feedback zero. The same with --routing synapses, where short-term plasticity and interneurons
tell bursts from events (`networks/routing.py`), with the coin or, by --neuron multiplexing, with plateaus.
--routing microcircuit: another network in which they do (`xor_microcircuit.py`).

Published. Payeur et al. 2021, Fig. 4: right for good after 5,060 s, cost below 1 after 9,600 s.

    python experiments/xor.py
    python experiments/xor.py --protocol published --seed 1

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse
from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

import xor_microcircuit
from dendritic_bp.errors import UserError
from dendritic_bp.precision import PRECISIONS
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.variants import with_changes
from figures import xor as xor_figures
from measures.xor import dataset, summary
from networks.xor import FEEDBACK, Published
from networks.xor_fast import RULES, Fast

EPOCHS = dict(fast=250, published=500)
QUICK = dict(fast=150, published=10)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--protocol", choices=EPOCHS, default="fast", help="network and schedule (fast)")
    add(
        "--epochs",
        type=int,
        metavar="N",
        help="times that the four patterns are taught (250; published: 500)",
    )
    add(
        "--routing",
        choices=["prescribed", "synapses", "microcircuit"],
        default="prescribed",
        help="of bursts (prescribed)",
    )
    add("--neuron", default="burst_poisson", help="of the fast protocol: of models/neurons, or a file")
    add("--rule", choices=RULES, default="published", help="of the fast protocol (published)")
    add("--feedback", choices=FEEDBACK, default="opposite", help="signs onto the two hidden pools (opposite)")
    add("--hidden-plasticity", choices=["on", "off"], default="on", help="of the inputs to hidden cells (on)")
    add("--precision", choices=PRECISIONS, default="double", help="of all but times (double)")
    add("--example", type=float, default=8, metavar="S", help="published: seconds for each pattern (8)")
    add("--average", type=float, default=2, metavar="S", help="published: time constant of the rates (2)")


def simulate(args: argparse.Namespace) -> Record:
    """Train and test."""
    if args.routing == "microcircuit":
        return _microcircuit(args)
    if args.routing == "synapses" and (args.protocol, args.rule) != ("fast", "published"):
        raise UserError("--routing synapses needs --protocol fast and --rule published.")
    if args.protocol == "published" and args.rule != "published":
        raise UserError(f"--protocol published has no --rule {args.rule}; leave it out.")
    if args.protocol == "published" and args.neuron != "burst_poisson":
        raise UserError(f"--protocol published has no --neuron {args.neuron}; leave it out.")
    epochs = (QUICK if args.quick else EPOCHS)[args.protocol] if args.epochs is None else args.epochs
    for flag, value in (("epochs", epochs), ("example", args.example), ("average", args.average)):
        if not value > 0:
            raise UserError(f"--{flag} must be more than 0, not {value}.")
    design = (
        Fast(epochs, args.rule, args.neuron, args.routing)
        if args.protocol == "fast"
        else Published(epochs, args.example, args.average)
    )
    program = Program(design.protocol, design.name, precision=args.precision)
    asked = {"": design.values(args.seed, args.feedback, args.hidden_plasticity == "on")}
    values = with_changes(asked, args.set, design.values(args.seed, "opposite", True))
    run = program.run(args.seed, values[""])
    course = design.course(run, args.seed)
    data = dataset(course, run).assign_attrs(compared=int(_is_published(args)))
    return Record(data, summary(course, run, design.simulated_s), run.provenance)


def _is_published(args: argparse.Namespace) -> bool:
    """Tell whether this is the network whose numbers are published, and not a variant."""
    asked = (args.protocol, args.feedback, args.hidden_plasticity, args.precision, args.example, args.average)
    return asked == ("published", "opposite", "on", "double", 8, 2) and not args.set


def _microcircuit(args: argparse.Namespace) -> Record:
    kinds = {"protocol": ["fast"], "rule": ["published"], "feedback": ["opposite", "zero"]}
    kinds |= {"precision": ["double"], "example": [8], "average": [2], "neuron": ["burst_poisson"]}
    for flag, known in kinds.items():
        if getattr(args, flag) not in known:
            raise UserError(f"--routing microcircuit has no --{flag} {getattr(args, flag)}; leave it out.")
    return xor_microcircuit.simulate(args)


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> dict[str, Figure]:
    """Draw a run of either routing."""
    drawn = xor_microcircuit if "teach_event_rate" in data else xor_figures
    return drawn.figures(data, summary)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures, options)
