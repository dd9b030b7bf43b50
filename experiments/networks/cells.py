"""The cells that learning networks can be made of, each with the values that it needs: one entry per kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from brian2 import Hz, Quantity, ms, mV, nA, pA, second

from dendritic_bp import NeuronModel
from dendritic_bp.models.credit import TAUGHT, Credit
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.credit.signed_bursts import signed_bursts
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.burst_signed import burst_signed
from dendritic_bp.models.neurons.multiplexing import multiplexing
from dendritic_bp.models.neurons.pyramidal import pyramidal
from dendritic_bp.trials import Gate

# chosen here
INPUTS = dict(I_off=350 * pA, I_on=1000 * pA)  # without brightness, and more for the full one
FEEDBACK = dict(learned=600 * pA, fixed=10 * nA)  # the spread of feedback that learns, and that does not


@dataclass(frozen=True)
class Cell:
    """Hold a kind of cell, and what is chosen for it."""

    model: NeuronModel
    credit: Credit
    I_tonic: Quantity  # into each apical dendrite
    burst_probability: float  # at the start
    first: Mapping[
        str, Any
    ]  # step and weights of each synapse from the inputs, of which the total drive is given
    step: Quantity  # of learning, onto a cell above: shared by its synapses
    weights: Quantity  # onto it at the start: of each synapse, times the root of their number
    feedback_gain: float
    anneal: float | None  # the steps shrink by exp(-anneal) over the training; or as 1/trials, if None
    teacher: Mapping[str, Any]
    hidden: Mapping[str, Any]  # values of the hidden cells
    output: Mapping[str, Any]
    between: Mapping[str, Any] = field(default_factory=dict)  # step and weights between hidden layers
    direct: bool = False  # every hidden layer hears the output, not the layer above it
    skips: bool = False  # every hidden layer drives the output, not the last alone
    deep: Mapping[str, Any] = field(default_factory=dict)  # what differs with more than one hidden layer
    forget: float = 0  # share of a weight that an event takes, at full steps
    meant_for: int | None = None  # hidden cells; steps shrink with fewer or more, by the root of the ratio
    brightness: float | None = None  # mean that the digits are scaled to, so that each drives as much
    noise: Mapping[str, Any] = field(default_factory=dict)  # arguments of `with_equations`; not in inputs
    gates: Mapping[str, Gate] = field(default_factory=dict)  # where they differ from those of the mechanism
    inputs: Mapping[str, Any] = field(default_factory=lambda: INPUTS)  # currents of the input cells
    lateral: Mapping[str, Quantity] = field(default_factory=dict)  # of interneurons, if there are any
    rule: Mapping[str, Any] = field(default_factory=dict)  # values of all synapses that learn
    stretch: int = 1  # how many times as long all takes in a trial, once cells have settled
    feedback: Mapping[str, Any] = field(default_factory=lambda: FEEDBACK)  # onto a cell, in all, at the start


# All values chosen here, on validation data, unless a model file says otherwise.
# In `burst_poisson` a coin decides about a burst; in `pyramidal` a plateau does, which drives the soma too:
# whoever is taught to fire, fires, and the error seems gone. Hence its teacher keeps to the rates that it saw
# before it taught, and so does the excitability; and the dendrites are open, to feedback and to a tonic
# current, only while there is a teacher. In `multiplexing_short` plateaus leave event rates alone: it is
# taught as the coin is, with longer currents, which average over the few events that it has.
# In `burst_signed`, the output of deep networks hears more than single events: three times as long a current,
# and weights and steps a third. Its feedback is as strong as before.
HIDDEN = dict(tau_top=100 * ms, rate_target=12 * Hz, eta_home=0.2 * pA)
OUTPUT = dict(tau_avg=50 * second, eta_home=1 * pA, rate_target=8 * Hz)
CELLS = dict(
    burst_signed=Cell(
        model=burst_signed,
        credit=signed_bursts,
        I_tonic=0 * pA,
        burst_probability=0,
        first=dict(eta=60 * pA, w="160*pA*randn()"),
        step=1200 * pA,
        weights=30 * pA,
        feedback_gain=0.01,
        anneal=None,
        forget=3e-4,
        between=dict(step=3 * nA, weights=10 * nA),
        direct=True,
        deep=dict(
            skips=True,
            step=400 * pA,
            weights=10 * pA,
            feedback_gain=0.03,
            output=OUTPUT | dict(tau_basal=30 * ms),
        ),
        meant_for=200,
        brightness=0.37,
        teacher=dict(rivals=True, gain=214 * pA / Hz, tau_r=100 * ms, r_soft=1.4 * Hz),
        hidden=dict(
            tau_top=50 * ms, tau_avg=50 * second, rate_target=6 * Hz, eta_home=2 * pA, I_bias=300 * pA
        ),
        output=OUTPUT,
    ),
    burst_poisson=Cell(
        model=burst_poisson,
        credit=bursts,
        I_tonic=485 * pA,
        burst_probability=0.5,
        first=dict(eta=1 * pA, w="100*pA*randn()"),
        step=120 * pA,
        weights=140 * pA,
        feedback_gain=0.015,
        anneal=1.0,
        teacher=dict(gain=40 * pA / Hz, hold=0),
        hidden=HIDDEN,
        output=dict(eta_home=1 * pA, rate_target=6.6 * Hz),
    ),
    pyramidal=Cell(
        model=pyramidal,
        credit=bursts,
        noise=background | dict(parameters=dict(sigma_s=50 * pA, sigma_d=100 * pA, tau_noise=2 * ms)),
        I_tonic=100 * pA,
        burst_probability=0.3,
        first=dict(eta=1 * pA, w="100*pA*randn()"),
        step=200 * pA,
        weights=140 * pA,
        feedback_gain=0.006,
        anneal=3.0,
        teacher=dict(gain=15 * pA / Hz, hold=1),
        hidden=HIDDEN,
        output=dict(eta_home=2 * pA, rate_target=6.6 * Hz),
        gates=dict(
            free=Gate(60 * ms, 140 * ms),
            teaching=Gate(140 * ms, phases=TAUGHT),
            learning=Gate(140 * ms, scaled=True),
            opened=Gate(140 * ms, phases=TAUGHT),
            adapting=Gate(40 * ms, 140 * ms, phases=TAUGHT),  # until 40 ms it answers to the last image
        ),
    ),
    multiplexing_short=Cell(
        model=multiplexing,
        credit=bursts_receptors,
        I_tonic=125 * pA,
        burst_probability=0.35,
        first=dict(eta=1.5 * pA, w="15*pA*randn()"),
        step=200 * pA,
        weights=35 * pA,
        feedback_gain=0.02,
        anneal=1.0,
        teacher=dict(gain=25 * pA / Hz, hold=0, r_low=3 * Hz, r_high=20 * Hz),
        hidden=dict(
            tau_basal=40 * ms,
            tau_top=40 * ms,
            rate_target=10 * Hz,
            eta_home=0.2 * pA,
            I_bias=720 * pA,
            I_tonic=75 * pA,
            V_d=-45 * mV,  # where AMPA and GABA move P alike: at a back-propagating spike, not at rest
        ),
        output=dict(tau_basal=40 * ms, eta_home=1 * pA, rate_target=4.7 * Hz),
    ),
)

# Cells that tell more by their events, for images of many greys and classes that are alike: they adapt less,
# so that rates follow currents further, and inputs answer to all brightness. The teacher asks for larger
# differences of rates, as these are made of few events, and trials are longer. Steps are smaller. For one
# hidden layer.
_SIGNED = CELLS["burst_signed"]
GRADED = dict(b_s=-50 * pA)
CELLS["burst_graded"] = replace(
    _SIGNED,
    inputs=dict(I_off=400 * pA, I_on=500 * pA) | GRADED,
    first=_SIGNED.first | dict(eta=24 * pA),
    step=750 * pA,
    feedback_gain=0.005,
    forget=1e-4,
    meant_for=500,
    deep={},
    teacher=_SIGNED.teacher | dict(gain=100 * pA / Hz, r_soft=3 * Hz),
    hidden=_SIGNED.hidden | GRADED,
    output=_SIGNED.output | GRADED,
    stretch=3,
)

# Plateaus in longer trials, which have enough events to divide a step by the rate. Hidden cells fire more,
# and dendrites are quieter, so that bursts tell more of the error; then steps can be larger. Bursts end: else
# strong drive makes one of a whole trial, and the cells that are driven most tell least.
_PLATEAUS = CELLS["multiplexing_short"]
TELLING = dict(sigma_d=200 * pA, lasting=0)
CELLS["multiplexing"] = replace(
    _PLATEAUS,
    first=_PLATEAUS.first | dict(eta=3 * pA),
    step=400 * pA,
    rule=dict(x_half=0.1),  # 1 Hz: above it, rates follow currents by the same slope
    hidden=_PLATEAUS.hidden | TELLING | dict(rate_target=15 * Hz, I_bias=1000 * pA),
    output=_PLATEAUS.output | TELLING,
    stretch=3,
)

# Plateaus for images of full size, a few thousand of them shown once: larger steps at first, which shrink as
# 1/trials; long trials, a stronger teacher and less noise in the dendrites, so that bursts tell more of it;
# and less feedback, as with large weights it would run away. Bursts of inputs end: else few and bright
# pixels, as of a "1", make one event of a whole trial.
QUIETER = dict(sigma_d=200 * pA, eta_centre=50 * pA / second)
CELLS["multiplexing_large"] = replace(
    _PLATEAUS,
    first=_PLATEAUS.first | dict(eta=9 * pA),
    step=1200 * pA,
    feedback_gain=0.007,
    anneal=None,
    meant_for=200,
    teacher=_PLATEAUS.teacher | dict(gain=50 * pA / Hz),
    inputs=INPUTS | dict(lasting=0),
    hidden=_PLATEAUS.hidden | QUIETER,
    output=_PLATEAUS.output | QUIETER,
    stretch=3,
)
