"""Two messages travel through cortical areas in one spike train: events take one up, bursts the other down.

Question   Do event rates tell of the current into the somata below, and burst probabilities of that into the
           dendrites above? How far do the two messages get in a longer chain?
Method     2 areas (--areas N) of 4,000 pyramidal cells, with 1,000 PV cells in all but the lowest and 1,000
           SOM cells in all but the highest; 4 million synapses. Depressing synapses go up to somata and PV
           cells, facilitating ones down to dendrites and SOM cells. Sines of 200 pA (2 Hz) into the somata of
           the lowest and of 100 pA (0.89 Hz) into the dendrites of the highest area: 3 s after 1 s without.
           In longer chains, the feedback (also that by SOM cells) is half as strong: at full strength, areas
           with neighbours on both sides ignite, all cells bursting at once.
Prediction Each area's event rate follows the sine below, its burst probability the sine above; the burst rate
           of area 2 drives the burst probability of area 1.
Published  Payeur et al. 2021, Nat Neurosci 24, Fig. 3; values beside ours are those of its program (seed 1).
           As there, the somatic voltage drives dendritic synapses, use grows by U in place of f and starts
           at 0.01, and interneurons spike in a way of their own; --forms undoes each.
Command    python experiments/propagation.py            (a minute to compile, 5 s to run; so --quick matters
           python experiments/propagation.py --areas 6 | --forms | --scaling           to --scaling alone)
           python experiments/propagation.py --areas 6 --cancel-events    (bursts reach farther; ten minutes)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
from dendritic_bp.errors import UserError
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.sweep import sweep
from dendritic_bp.variants import with_changes
from figures.propagation import PUBLISHED, figures
from measures.propagation import dataset, summary
from measures.propagation_scaling import measured
from networks.propagation import Chain, published_forms


def options(parser):
    """Add the flags of this experiment."""
    add = parser.add_argument
    add("--areas", type=int, default=2, metavar="N", help="areas in the chain (2)")
    add("--feedback", type=float, metavar="G", help="gain of the feedback (1; in longer chains 0.5, or 1.5)")
    add("--cancel-events", action="store_true", help="events above inhibit dendrites (see the docs)")
    add("--forms", action="store_true", help="also undo what the published program does differently")
    add("--scaling", action="store_true", help="also measure time and memory from 1,000 to 100,000 cells")


def simulate(args):
    """Run the chain, and measure what of the two messages is left where."""
    if args.areas < 2:
        raise UserError(f"--areas must be 2 or more, not {args.areas}.")
    if args.feedback is not None and args.feedback < 0:
        raise UserError(f"--feedback is a gain and must not be negative, got {args.feedback:g}.")
    chain = Chain(args.areas, cancel_events=args.cancel_events)
    program = Program(chain.protocol, chain.name)
    forms = published_forms(args.areas) if args.forms else {"as published": {}}
    gain = chain.feedback(program.values, args.feedback)
    variants = with_changes({form: gain | values for form, values in forms.items()}, args.set)
    asked = [dict(seed=args.seed, values=values) for values in variants.values()]
    runs = dict(zip(forms, sweep(program, asked, workers=1), strict=True))
    main = runs["as published"]
    data = dataset(chain, runs)
    if args.scaling:
        data = data.merge(measured(args.seed, args.quick))
    cost = dict(run_s=main.run_s, cpu_s=main.cpu_s, peak_rss_mb=main.peak_rss_mb)
    return Record(data, summary(data.isel(form=0)) | cost, main.provenance)


if __name__ == "__main__":
    published = {name: each[0] for name, each in PUBLISHED.items()}  # of two areas
    cli.main(__doc__, simulate, figures, options, published=published)
