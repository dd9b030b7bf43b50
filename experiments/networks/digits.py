"""The network of `digits.py`: layers of two-compartment cells, forward and feedback synapses, a teacher."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import (
    EventMonitor,
    Hz,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    linked_var,
    ms,
    nA,
    pA,
    second,
)

from dendritic_bp import NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.tasks import Dataset, trial_order
from models.neurons.background import background
from models.neurons.burst_poisson import burst_poisson
from models.neurons.pyramidal import pyramidal
from models.synapses.burst_gradient import burst_gradient
from models.synapses.mirrored_feedback import mirrored_feedback

CLASSES, PIXELS, IMAGES = 10, 64, 1797
LOOKS = 3  # trials for which each held-out image is shown after training
COPIES = 4  # input cells per pixel
VOTERS = 10  # output cells per class
TRIAL = 200 * ms
BIN = 20 * ms  # resolution of the schedule
SETTLED = 60 * ms  # when reading begins in a trial
READ_S = float((TRIAL - SETTLED) / second)
SWITCHES = ("reading", "teaching", "learning", "opened", "adapting")
SNAPSHOT = dict(when="start", order=-2)  # before the counters of the last trial are reset

# All values chosen here, on validation data, unless a model file says otherwise.
# In `burst_poisson` a coin decides about a burst; in `pyramidal` a plateau does, which drives the soma too:
# whoever is taught to fire, fires, and the error seems gone. Hence its teacher keeps to the rates that it saw
# before it taught, and so does the excitability; and the dendrites are open, to feedback and to a tonic
# current, only while there is a teacher.
CELLS = dict(
    burst_poisson=dict(
        model=burst_poisson,
        noise={},
        I_tonic=485 * pA,  # into each apical dendrite
        burst_probability=0.5,  # at the start
        taught_from=SETTLED,
        gated=False,
        output=dict(eta_home=1 * pA),
        teacher=dict(gain=40 * pA / Hz, hold=0),
        step=120 * pA,  # onto a cell, shared by its synapses
        feedback_gain=0.015,
        anneal=1.0,  # the steps shrink by exp(-anneal) over the training
    ),
    pyramidal=dict(
        model=pyramidal,
        noise=background | dict(parameters=dict(sigma_s=50 * pA, sigma_d=100 * pA, tau_noise=2 * ms)),
        I_tonic=100 * pA,
        burst_probability=0.3,
        taught_from=140 * ms,
        gated=True,
        output=dict(eta_home=2 * pA),
        teacher=dict(gain=15 * pA / Hz, hold=1),
        step=200 * pA,
        feedback_gain=0.006,
        anneal=3.0,
    ),
)
START = dict(
    v_s="E_L + 20*mV*rand()",
    tau_basal=10 * ms,
    tau_avg=5 * second,
    E_bar=100,
    x_bar=1.2,
)
HIDDEN = dict(tau_top=100 * ms, rate_target=12 * Hz, eta_home=0.2 * pA, I_bias=600 * pA)
OUTPUT = dict(rate_target=6.6 * Hz, I_bias=600 * pA)

FIRST = dict(eta=1 * pA, w="100*pA*randn()")
FEEDBACK = ("learned", "random", "zero", "shuffled")


def higher(below: int, neuron: str) -> dict[str, Any]:
    """Return step and first weights of a projection, the smaller the more cells there are below."""
    return dict(eta=CELLS[neuron]["step"] / below, w=f"140*pA/sqrt({below})*randn()")


def feedback(kind: str, onto: int, neuron: str) -> dict[str, Any]:
    """Return the settings of a kind of feedback onto a layer of so many cells."""
    gain = CELLS[neuron]["feedback_gain"] * onto
    learned = dict(w_0=600 * pA / onto, eta=higher(onto, neuron)["eta"], gain=gain)
    change = dict(
        learned={},
        random=dict(w_0=10 * nA / onto, eta=0 * pA),
        zero=dict(gain=0),
        shuffled=dict(delay=TRIAL),  # the feedback of another trial: their order is random
    )
    return dict(delay=0 * ms) | learned | change[kind]


TEACHER = """
dr/dt = -updating*r/tau_r : Hz                        # event rate, averaged over the cells of the class
updating = 1 - hold*teaching(t) : 1 (constant over dt)    # hold = 1: keeps to the rate before teaching
current = gain*teaching(t)*(target - r) : amp (constant over dt)
target = r_low + (r_high - r_low)*int(abs(label(t) - i) < 0.5) : Hz
tau_r : second (shared, constant)
gain : amp*second (shared, constant)
hold : 1 (shared, constant)
r_low : Hz (shared, constant)
r_high : Hz (shared, constant)
"""


@dataclass(frozen=True)
class Design:
    """What is compiled: the sizes of the hidden layers, the kind of cell, the trials."""

    hidden: tuple[int, ...]
    neuron: str
    trials: int
    window: int  # trials between two records of the weights

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        return "-".join(["digits", self.neuron, *map(str, self.hidden), str(self.trials)])

    def protocol(self) -> Network:
        """Build the network, train and test it, then show one trial of each class."""
        return _protocol(self)


@dataclass(frozen=True)
class Schedule:
    """Say for each trial which image is shown, its `phase`, the epoch and the size of the learning steps."""

    image: np.ndarray
    phase: np.ndarray  # "train", "validate", "end" (validation images after training), "test", "show"
    epoch: np.ndarray
    step: np.ndarray

    @property
    def window(self) -> int:
        """Return the number of trials in an epoch."""
        return int((self.epoch == 0).sum())

    @classmethod
    def of(cls, data: Dataset, epochs: int, seed: int, anneal: float = 1.0) -> "Schedule":
        """Train and validate in each epoch; then show each held-out image for some trials."""
        blocks = []
        for epoch, order in enumerate(trial_order(len(data.train), epochs, seed)):
            step = np.exp(-anneal * epoch / epochs)
            blocks += [(data.train[order], "train", epoch, step), (data.validation, "validate", epoch, 0)]
        shown = [data.test[data.labels[data.test] == digit][0] for digit in range(CLASSES)]
        held_out = {"end": data.validation, "test": data.test}
        blocks += [(np.repeat(rows, LOOKS), phase, epochs, 0) for phase, rows in held_out.items()]
        blocks += [(np.array(shown), "show", epochs, 0)]
        columns = zip(*((b, *(np.full(len(b), x) for x in rest)) for b, *rest in blocks), strict=True)
        return cls(*map(np.concatenate, columns))

    def values(self, data: Dataset, neuron: str) -> dict[str, np.ndarray]:
        """Return the run-time values that make a network of such cells follow the schedule."""
        cell, time = CELLS[neuron], np.arange(_bins()) * BIN
        settled, late = time >= SETTLED, time >= cell["taught_from"]
        taught = np.isin(self.phase, ["train", "show"])
        teaching = np.outer(taught, late).ravel().astype(float)
        # The first 40 ms are left out: the cells still answer to the last image.
        early = np.outer(taught, (time >= 2 * BIN) & ~late).ravel().astype(float)
        return dict(
            images=data.images,
            order=self.image.astype(float),
            label=data.labels[self.image].astype(float),
            reading=np.tile(settled, len(taught)).astype(float),
            teaching=teaching,
            learning=np.outer(self.step, late).ravel(),
            opened=teaching if cell["gated"] else np.ones_like(teaching),
            adapting=early if cell["gated"] else teaching,
        )


def _bins() -> int:
    return round(float(TRIAL / BIN))


def _protocol(design: Design) -> Network:
    cell = CELLS[design.neuron]
    defaultclock.dt = 1 * ms
    clocked = _timed(design.trials)
    layers = _layers(design, cell, clocked)
    objects = [*layers, *_teacher(layers[-1], clocked, **cell["teacher"])]
    objects += _projections(design, layers, clocked)
    objects += _monitors(objects, layers, design)
    shows = _shows(layers)
    network = Network(*objects, *shows)
    for monitor in shows:
        monitor.active = False
    network.run((design.trials - CLASSES) * TRIAL)
    for monitor in shows:
        monitor.active = True
    network.run(CLASSES * TRIAL + defaultclock.dt)
    return network


def _timed(trials: int) -> dict[str, TimedArray]:
    """Return the tables that a run fills: images, and what is shown, taught and learned when."""
    tables = dict(images=TimedArray(np.zeros((IMAGES, PIXELS)), dt=1 * second, name="images"))
    tables |= {n: TimedArray(np.zeros(trials), dt=TRIAL, name=n) for n in ("order", "label")}
    bins = np.zeros(trials * _bins())
    return tables | {n: TimedArray(bins, dt=BIN, name=n) for n in SWITCHES}


def _layers(design: Design, cell: dict, clocked: dict) -> list[NeuronGroup]:
    """Build the input, hidden and output layers."""
    p = cell["burst_probability"]
    start = START | dict(I_tonic=cell["I_tonic"], B_bar=p * START["E_bar"])
    counting = _counting(cell["model"])
    learner = _learner(counting.with_equations(**cell["noise"]))
    inputs = neurons(_stimulated(counting), PIXELS * COPIES, "inputs", clocked, v_s=START["v_s"])
    inputs.run_regularly(
        f"I_soma = I_off + I_on*images(order(t + dt/2)*second, i//{COPIES})", dt=TRIAL, name="stimulus"
    )
    hidden = [
        neurons(learner, n, f"hidden{k}", clocked, **start, **HIDDEN)
        for k, n in enumerate(design.hidden, start=1)
    ]
    output = neurons(
        _taught(learner), CLASSES * VOTERS, "output", clocked, **start, **OUTPUT, **cell["output"]
    )
    return [inputs, *hidden, output]


def _counting(model: NeuronModel) -> NeuronModel:
    """Count the events and bursts of each cell while a trial is read."""
    model = model.with_equations("n_event : 1\nn_burst : 1", namespace=("reading",))
    more = {"event": "n_event += reading(t)", "burst": "n_burst += reading(t)"}
    return replace(model, on_event={e: f"{code}; {more[e]}" for e, code in model.on_event.items()})


def _stimulated(model: NeuronModel) -> NeuronModel:
    """Let the brightness of a pixel set the current into the soma."""
    currents = dict(I_off=350 * pA, I_on=1000 * pA)
    return model.with_equations(parameters=currents, namespace=("images", "order"))


def _learner(model: NeuronModel) -> NeuronModel:
    """Average the bursting, and adapt the excitability, in their parts of training trials alone."""
    model = model.with_equations(parameters=dict(eta_home=0 * pA, I_tonic=0 * pA))
    return model.with_input(
        ("teaching", "adapting", "opened"),
        averaging="teaching(t)",
        eta_bias="eta_home*adapting(t)",
        I_apical="I_tonic*opened(t)",
    )


def _taught(model: NeuronModel) -> NeuronModel:
    """Add the teacher's current to the apical dendrite."""
    return model.with_equations(
        "I_d = I_apical + I_top + I_noise_d + I_teacher : amp\nI_teacher : amp (linked)"
    )


def _teacher(output: NeuronGroup, clocked: dict, **settings: Any) -> tuple[NeuronGroup, Synapses]:
    """Compare each class's mean event rate with its target, and send a current to its apical dendrites."""
    teacher = NeuronGroup(CLASSES, TEACHER, method="euler", name="teacher", namespace=clocked)
    for name, value in dict(tau_r=50 * ms, r_low=4 * Hz, r_high=30 * Hz, **settings).items():
        setattr(teacher, name, value)
    watch = Synapses(
        output,
        teacher,
        on_pre={"pre_event": f"r_post += updating_post/({VOTERS}*tau_r_post)"},
        on_event={"pre_event": "event"},
        name="watch",
    )
    watch.connect(j=f"i//{VOTERS}")
    output.I_teacher = linked_var(teacher, "current", index=np.repeat(np.arange(CLASSES), VOTERS))
    return teacher, watch


def _projections(design: Design, layers: list[NeuronGroup], clocked: dict) -> list[Synapses]:
    """Connect neighbouring layers all to all: forward onto the soma, back onto the apical dendrite."""
    rule = burst_gradient.with_input(("learning",), plastic="learning(t)")
    learned = mirrored_feedback.with_input(
        ("learning", "opened"), plastic="learning(t)", arriving="opened(t)"
    )
    result = [_connect(rule, *layers[:2], "forward1", clocked, **FIRST)]
    for k, (low, high) in enumerate(pairwise(layers[1:]), start=1):
        result.append(_connect(rule, low, high, f"forward{k + 1}", clocked, **higher(low.N, design.neuron)))
        start = feedback("learned", low.N, design.neuron)
        back = replace(learned, delay=start.pop("delay"))
        result.append(_connect(back, high, low, f"feedback{k}", clocked, **start))
    return result


def _connect(
    model: SynapseModel, source: NeuronGroup, target: NeuronGroup, name: str, clocked: dict, **values: Any
) -> Synapses:
    """Connect all to all, by indices: a monitor then knows which synapses there are."""
    every = np.indices((source.N, target.N)).reshape(2, -1)
    wiring = dict(i=every[0], j=every[1])
    return synapses(model, source, target, name, wiring, namespace=clocked, **values)


def feedback_values(kind: str, hidden: tuple[int, ...], neuron: str) -> dict[str, Any]:
    """Return the run-time values that make all feedback of one kind."""
    values = {}
    for k, n in enumerate(hidden, start=1):
        table = feedback(kind, n, neuron)
        values |= {f"feedback{k}_pre_{event}.delay": table["delay"] for event in ("event", "burst")}
        values |= {f"feedback{k}.{key}": value for key, value in table.items() if key != "delay"}
    return values


def _monitors(objects: list, layers: list[NeuronGroup], design: Design) -> list:
    """Count per trial, and record the weights and excitabilities once per window."""
    window = design.window * TRIAL
    result = []
    for layer in layers:
        layer.run_regularly(
            "n_event = 0; n_burst = 0", dt=TRIAL, when="start", order=1, name=f"{layer.name}_reset"
        )
        counts = dict(variables=["n_event", "n_burst"], record=True, dt=TRIAL, when="start", order=-1)
        result += [StateMonitor(layer, name=f"{layer.name}_counts", **counts)]
        result += [SpikeMonitor(layer, record=False, name=f"{layer.name}_total")]
    for layer in layers[1:]:
        result.append(StateMonitor(layer, "I_bias", True, dt=window, name=f"{layer.name}_bias", **SNAPSHOT))
    for projection in (o for o in objects if o.name.startswith(("forward", "feedback"))):
        every = np.arange(len(projection.source) * len(projection.target))
        result.append(
            StateMonitor(projection, "w", every, dt=window, name=f"{projection.name}_w", **SNAPSHOT)
        )
    return result


def _shows(layers: list[NeuronGroup]) -> list:
    """Record the spikes and some voltages of the last trials."""
    result = []
    for layer in layers:
        result += [EventMonitor(layer, e, name=f"{layer.name}_{e}s") for e in ("event", "burst")]
        result.append(StateMonitor(layer, ["v_s", "v_d"], record=probes(layer.N), name=f"{layer.name}_v"))
    return result


def probes(n: int) -> np.ndarray:
    """Return the cells, of a layer of n, whose voltages are recorded."""
    return np.arange(0, n, max(1, n // 20))
