"""What a teacher knows: the label, whether the answer was right (reward), or the image (reconstruction).

Cells and the way down are the same; trials are of usual length. Values chosen here, on validation images of
seeds 20 to 22.
"""

from dataclasses import replace

from brian2 import Hz, ms, pA

from dendritic_bp.errors import UserError
from dendritic_bp.models.credit import TAUGHT
from dendritic_bp.trials import Gate
from networks.cells import Cell

TEACHERS = ("label", "reward", "reconstruction")
DENDRITIC = (
    "signed_bursts",
    "bursts",
    "error_cells",
)  # mechanisms whose teacher is in the dendrites, in one phase
PIXEL_VOTERS = 4  # output cells for each pixel
ANSWER = 140 * ms  # when the network answers in a trial, and when the reward comes
REWARDED = 160 * ms
LENGTHS = dict(reward=300 * ms)  # of a trial, where it is longer: teachers have as much time
RIVALS = dict(rivals=True, gain=300 * pA / Hz, r_soft=2 * Hz)  # where the teacher of labels has target rates

FOLLOWS = """
dI_bias/dt = eta_bias*r_asked : amp                   # excitability: pulls the event rate to what is asked
r_asked : Hz (linked)
"""


def taught(cell: Cell, teacher: str) -> Cell:
    """Return the cell with what a teacher needs. Raises UserError."""
    if teacher == "label":
        return cell
    if teacher not in TEACHERS:
        raise UserError(f"There is no teacher '{teacher}'; there are {', '.join(TEACHERS)}.")
    if cell.credit.name not in DENDRITIC:
        raise UserError(
            f"Teacher '{teacher}' needs a mechanism with one phase, whose teacher is in the dendrites "
            f"({', '.join(DENDRITIC)})."
        )
    return dict(reward=_reward, reconstruction=_reconstruction)[teacher](replace(cell, stretch=1))


def _reward(cell: Cell) -> Cell:
    """The network answers in the middle of a trial; then it hears whether it was right.

    Half of the answers teach little, so steps are twice those of a label.
    """
    gates = dict(
        deciding=Gate(ANSWER, REWARDED),
        teaching=Gate(REWARDED, phases=TAUGHT),
        learning=Gate(REWARDED, scaled=True),  # before, events would depress by a P_bar of later ones
        opened=Gate(REWARDED),
    )
    return replace(
        cell,
        gates=cell.gates | gates,
        teacher=(cell.teacher if cell.teacher.get("rivals") else RIVALS) | dict(chooses=True, tau_r=50 * ms),
        first=cell.first | dict(eta=2 * cell.first["eta"]),
        step=2 * cell.step,
        anneal=1.0,
    )


def _reconstruction(cell: Cell) -> Cell:
    """Some output cells stand for each pixel; they are asked for more events, the brighter it is."""
    told = dict(wanted="images(t, i)", gain=15 * pA / Hz, tau_r=100 * ms, r_low=4 * Hz, r_high=24 * Hz)
    output = cell.credit.output
    output = output | dict(equations=output["equations"] + FOLLOWS)
    return replace(
        cell, credit=replace(cell.credit, output=output), teacher=told, feedback_gain=0.3 * cell.feedback_gain
    )
