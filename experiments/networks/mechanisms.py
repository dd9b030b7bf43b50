"""The mechanisms of `models/credit`, each with the cells and the values with which it learns digits."""

from dataclasses import replace

from brian2 import Hz, ms, pA

from dendritic_bp.models.credit.error_cells import error_cells
from dendritic_bp.models.credit.plateau_difference import plateau_difference
from dendritic_bp.models.credit.scalar import scalar
from dendritic_bp.models.credit.single_phase_bursts import single_phase_bursts
from dendritic_bp.models.credit.targets import targets
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.error_pair import error_pair
from dendritic_bp.models.neurons.two_phase import two_phase
from networks.cells import CELLS, HIDDEN

# All values chosen here, on validation data of one seed (20).
_SIGNED = replace(
    CELLS["burst_signed"], anneal=3.0, brightness=None, forget=0, hidden=HIDDEN | dict(tau_top=50 * ms)
)
_COIN = replace(
    CELLS["burst_poisson"],
    first=dict(eta=4 * pA, w="80*pA*randn()"),
    step=1000 * pA,
    weights=30 * pA,
    feedback_gain=0.005,
    anneal=3.0,
    teacher=dict(rivals=True, gain=300 * pA / Hz, tau_r=100 * ms, r_soft=2 * Hz),
    hidden=_SIGNED.hidden,
    output=_SIGNED.output,
)
_TWO_PHASES = replace(
    _SIGNED,
    model=two_phase,
    credit=plateau_difference,
    first=dict(eta=40 * pA, w="80*pA*randn()"),
    step=100 * pA,
    feedback_gain=0.01,
    teacher=dict(rivals=True, gain=800 * pA / Hz, tau_r=50 * ms, r_soft=2 * Hz, hold=1),
    hidden=_SIGNED.hidden | dict(tau_top=30 * ms),
)
MECHANISMS = dict(
    bursts=_COIN,
    signed_bursts=CELLS["burst_signed"],
    single_phase_bursts=replace(_COIN, model=burst_poisson, credit=single_phase_bursts),
    error_cells=replace(
        _SIGNED,
        model=error_pair,
        credit=error_cells,
        first=dict(eta=1 * pA, w="80*pA*randn()"),
        step=11 * pA,
        feedback_gain=0.004,
    ),
    plateau_difference=_TWO_PHASES,
    targets=replace(_TWO_PHASES, credit=targets, teacher=dict(_TWO_PHASES.teacher, gain=1600 * pA / Hz)),
    scalar=replace(
        _SIGNED,
        model=burst_poisson.with_equations("p_burst = 0 : 1"),
        credit=scalar,
        first=dict(eta=20 * pA, w="80*pA*randn()"),
        step=1000 * pA,
        teacher=dict(rivals=True, gain=0 * pA / Hz, tau_r=100 * ms, r_soft=2 * Hz),
    ),
)
