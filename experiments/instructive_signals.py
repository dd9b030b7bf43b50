"""Do apical dendrites tell each cell its own error? A brain-machine interface, with five teachers.

Question   In an animal that turns a grating by two groups of its own cells, what would imaging of somata and
           dendrites show if each cell got a number of its own (a vector), and what if all got the same one?
Method     100 cells with soma and apical dendrite, sparsely connected; 40 cells of the eye, tuned to the
           angle. Five cells (P+) turn the grating to the target (45 degrees), five among them (P-) away from
           it, with the difference of their mean event rates. A trial: 1 s of grey, 4 s in which it turns;
           reward at the target. A session: 54 trials after 30 s of rest. In the first one nobody teaches: 40
           cells tell how it turns, and their synapses onto the 100 dendrites measure what each cell does to
           it (`models/synapses/measured_feedback.py`). In the six that follow the same cells tell the
           error (what is missing to the target) and the reward, more than usual. That moves the burst
           probability of each dendrite, and bursts teach the synapses from the eye
           (`models/synapses/burst_gradient.py`). Which cells are P+ and P- nobody tells the network. All of
           the loop is equations and synapses.
Teachers   vector; the same with dendrites inhibited (silenced: ten interneurons, as NDNF cells do); one
           number to all dendrites (scalar); the same, and learning by this number times what each cell tried
           by itself (reward, `models/credit/scalar.py`); no plasticity (none).
Analysis   What one would do on imaging data: slow traces of spikes (soma), and of spikes and plateaus
           (dendrite), at 10 Hz with noise; the dendrite regressed on the soma, cell by cell; its residual.
Prediction With a vector (i) residuals and somata tell more of the error than somata alone; (ii) residuals
           follow error and reward, (iii) up in P+ and down in P-; (iv) a cell's residual tells which way its
           rate will change; (v) silenced dendrites stop learning. One number gives all cells the same sign,
           and learning by it, which may be as good, is not foretold by the residual.
Published  Francioni et al. 2026, Nature, doi:10.1038/s41586-026-10190-7 (abstract): groups of 4 to 5 cells
           of layer 5; (ii) to (v), and P- cells come to fire less. All is qualitative: no number is
           compared.
Command    python experiments/instructive_signals.py [--quick]     (a minute to compile, two to run)
"""

from dendritic_bp import cli  # first: it mends what a notebook hands down

# isort: split
import argparse

from dendritic_bp.chain import Spent, train
from dendritic_bp.program import Program
from dendritic_bp.storage import Record
from dendritic_bp.variants import with_changes
from figures.instructive_signals import figures
from measures.instructive_signals import dataset, summary
from networks.instructive_sessions import TEACHERS, Training, groups, teachers, wired
from networks.instructive_signals import Interface

TRIALS, SESSIONS, QUICK_SESSIONS = 60, 6, 3


def simulate(args: argparse.Namespace) -> Record:
    """Let each teacher teach the same network, and analyse what imaging would show."""
    sessions = QUICK_SESSIONS if args.quick else SESSIONS
    design, group = Interface(TRIALS), groups(args.seed)
    program = Program(design.protocol, design.name)
    with_changes(teachers(0), args.set)  # refuses what makes a teacher
    program.check(args.set)
    trainings = {name: Training(design, group, name, sessions, args.set) for name in TEACHERS}
    trained = train(program, args.seed, trainings, sessions + 1)
    feedback = wired(trained["vector"][0]["feedback"])
    data = dataset(trained, group, feedback, args.seed)
    spent = sum((each.spent for each in trainings.values()), Spent())
    provenance = {"source_hash": program.source_hash, "build_s": program.build_s, **vars(spent)}
    return Record(data, summary(data) | dict(cpu_s=spent.cpu_s), provenance)


if __name__ == "__main__":
    cli.main(__doc__, simulate, figures)
