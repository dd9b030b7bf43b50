"""The fast network of `xor.py`: small ensembles, trials of 200 ms, a teacher in each of them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from brian2 import (
    EventMonitor,
    Hz,
    Network,
    NeuronGroup,
    Quantity,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    linked_var,
    ms,
    pA,
    second,
)

from dendritic_bp import NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.runs import Run
from measures.xor import PATTERNS, TARGETS, Course, activity
from models.neurons.burst_poisson import burst_poisson
from models.synapses.burst_dependent import burst_dependent
from models.synapses.burst_gradient import burst_gradient
from models.synapses.mirrored_feedback import mirrored_feedback
from models.synapses.transmission import burst_transmission, centred_feedback

# All values chosen here unless a model file says otherwise.
INPUTS, HIDDEN, OUTPUTS = 20, 60, 80  # cells for each bit, in each of two hidden pools, and in the output
TRIAL = 200 * ms
BIN = 10 * ms  # resolution of the schedule
SETTLED = 60 * ms  # when reading and, if it is taught, teaching begin in a trial
READ_S = float((TRIAL - SETTLED) / second)
BEFORE, AFTER = 5, 10  # epochs (of the four patterns, in random order) of the tests
ANNEAL_S = 60  # steps of learning shrink with this time constant
R_LOW, R_HIGH = 4, 30  # Hz
POPULATIONS = dict(input1=INPUTS, input2=INPUTS, hidden1=HIDDEN, hidden2=HIDDEN, output=OUTPUTS)
LAYERS = dict(inputs=2, hidden=2, output=1)  # and how many populations are in each
EVENTS = ("event", "burst")

TEACHER = """
dr/dt = -r/tau_r : Hz                                 # event rate, averaged over the output cells
current = gain*teaching(t)*(target - r) : amp (constant over dt)
target = r_low + (r_high - r_low)*label(t) : Hz
tau_r : second (shared, constant)
gain : amp*second (shared, constant)
r_low : Hz (shared, constant)
r_high : Hz (shared, constant)
"""
START = dict(
    v_s="E_L + 20*mV*rand()",
    I_apical=485 * pA,  # bursts with probability 0.5
    I_bias=600 * pA,
    tau_basal=10 * ms,
    tau_avg=5 * second,
    E_bar=100,
    B_bar=50,
)


@dataclass(frozen=True)
class Rule:
    """Hold how forward synapses learn, and what the feedback is: models and values."""

    forward: SynapseModel
    eta: tuple[Quantity, Quantity]  # onto the hidden cells and onto the output
    feedback: SynapseModel
    w_feedback: Quantity  # excites the cells of hidden1 and inhibits those of hidden2
    learns: dict[str, Quantity]  # values of feedback that learns


RULES = dict(
    published=Rule(burst_dependent, (6 * pA, 4 * pA), centred_feedback, 12 * pA, {}),
    bursts=Rule(burst_dependent, (6 * pA, 4 * pA), burst_transmission, 4 * pA, {}),
    gradient=Rule(burst_gradient, (20 * pA, 20 * pA), mirrored_feedback, 4.5 * pA, dict(eta=5 * pA)),
)


@dataclass(frozen=True)
class Fast:
    """What is compiled: the number of epochs and the rule."""

    epochs: int = 250
    rule: str = "published"

    @property
    def name(self) -> str:
        """Name the build folder."""
        return f"xor-fast-{self.rule}"

    @property
    def trials(self) -> int:
        """Return the number of trials, those of the tests included."""
        return 4 * (BEFORE + self.epochs + AFTER)

    @property
    def simulated_s(self) -> float:
        """Return the length of a run."""
        return self.trials * float(TRIAL / second)

    def order(self, seed: int) -> np.ndarray:
        """Return which pattern each trial shows: the four in a new order in each epoch."""
        generator = np.random.default_rng(seed)
        return np.concatenate([generator.permutation(4) for _ in range(self.trials // 4)])

    def values(self, seed: int, feedback: str, hidden_plasticity: bool) -> dict[str, Any]:
        """Return the run-time values of a schedule and a variant."""
        order, settled = self.order(seed), np.arange(_bins()) * BIN >= SETTLED
        epoch = np.repeat(np.arange(-BEFORE, self.epochs + AFTER), 4)
        taught = np.outer((epoch >= 0) & (epoch < self.epochs), settled).ravel()
        since = np.arange(taught.size) * float(BIN / second) - 4 * BEFORE * float(TRIAL / second)
        values = dict(
            stimulus=PATTERNS[order].astype(float),
            label=TARGETS[order].astype(float),
            reading=np.tile(settled, self.trials).astype(float),
            teaching=taught.astype(float),
            learning=taught * np.exp(-since / ANNEAL_S),
        )
        return values | self._feedback(feedback) | ({} if hidden_plasticity else {"forward1.eta": 0 * pA})

    def protocol(self) -> Network:
        """Build the network, test, train and test it; keep the spikes of the last trials."""
        defaultclock.dt = 1 * ms
        tables = _tables(self.trials)
        layers = _layers(tables)
        shows = [EventMonitor(layer, e, name=f"{layer.name}_{e}s") for layer in layers for e in EVENTS]
        objects = [
            *layers,
            *_teacher(layers[-1], tables),
            *self._projections(layers, tables),
            *_counts(layers),
        ]
        network = Network(*objects, *shows)
        for shown, trials in ((False, self.trials - 4 * AFTER), (True, 4 * AFTER)):
            for monitor in shows:
                monitor.active = shown
            network.run(trials * TRIAL + shown * defaultclock.dt)
        return network

    def course(self, run: Run, seed: int) -> Course:
        """Return what the network did."""
        order = self.order(seed)
        events, bursts = (
            np.concatenate([_per_population(run, layer, f"n_{what}") for layer in LAYERS]) for what in EVENTS
        )
        cells = np.array(list(POPULATIONS.values()))[:, None]
        by_pattern = np.argsort(order.reshape(-1, 4), axis=1)  # of each epoch
        rate = np.take_along_axis((events / cells)[-1].reshape(-1, 4), by_pattern, axis=1) / READ_S
        parts = {"before": slice(0, 4 * BEFORE), "after": slice(-4 * AFTER, None)}
        return Course(
            rate=rate[BEFORE : BEFORE + self.epochs],
            tests={
                k: activity(order[s], events[:, s], bursts[:, s], cells * READ_S) for k, s in parts.items()
            },
            limits=(R_LOW, R_HIGH),
            epoch_s=4 * float(TRIAL / second),
            populations=POPULATIONS,
            windows=[(float((self.trials - 4 + k) * TRIAL / second), int(order[k - 4])) for k in range(4)],
            window_s=float(TRIAL / second),
        )

    def _feedback(self, kind: str) -> dict[str, Any]:
        """Return the run-time values that make the feedback of one kind."""
        rule = RULES[self.rule]
        signs = {"opposite": (1, -1), "same": (1, 1), "zero": (0, 0)}[kind]
        change = {f"feedback.{name}": 0 * value for name, value in rule.learns.items() if kind == "zero"}
        return change | {"feedback.w": np.tile(np.repeat(signs, HIDDEN), OUTPUTS) * rule.w_feedback}

    def _projections(self, layers: list[NeuronGroup], tables: dict[str, TimedArray]) -> list[Synapses]:
        """Connect neighbouring layers all to all; all forward weights are zero at the start."""
        inputs, hidden, output = layers
        rule, gate = RULES[self.rule], dict(namespace=("learning",), plastic="learning(t)")
        forward = rule.forward.with_input(**gate)
        back = rule.feedback.with_input(**gate) if rule.learns else rule.feedback
        start = self._feedback("opposite")["feedback.w"]
        return [
            _connect(forward, inputs, hidden, "forward1", tables, eta=rule.eta[0]),
            _connect(forward, hidden, output, "forward2", tables, eta=rule.eta[1]),
            _connect(back, output, hidden, "feedback", tables, w=start, **rule.learns),
        ]


def _bins() -> int:
    return round(float(TRIAL / BIN))


def _per_population(run: Run, layer: str, what: str) -> np.ndarray:
    """Return counts (populations, trials) without the first record, made before the first trial."""
    counts = run[f"{layer}_counts.{what}"][:, 1:]
    return counts.reshape(LAYERS[layer], -1, counts.shape[1]).sum(axis=1)


def _tables(trials: int) -> dict[str, TimedArray]:
    """Return the tables that a run fills: what is shown, read, taught and learned when."""
    tables = dict(stimulus=TimedArray(np.zeros((trials, 2)), dt=TRIAL, name="stimulus"))
    tables["label"] = TimedArray(np.zeros(trials), dt=TRIAL, name="label")
    bins = np.zeros(trials * _bins())
    return tables | {n: TimedArray(bins, dt=BIN, name=n) for n in ("reading", "teaching", "learning")}


def _layers(tables: dict[str, TimedArray]) -> list[NeuronGroup]:
    """Build the input, hidden and output layers."""
    cell = burst_poisson.with_equations("x_bar = 0 : 1", parameters=dict(tau_x=50 * ms))  # not centred
    counting = _counting(cell)
    shown = counting.with_equations(parameters=dict(I_off=350 * pA, I_on=1000 * pA), namespace=("stimulus",))
    learner = counting.with_input(("teaching",), averaging="teaching(t)")
    taught = learner.with_equations(
        """
I_d = I_apical + I_top + I_noise_d + I_teacher : amp
I_teacher : amp (linked)
eta_bias = eta_home*teaching(t) : amp
""",
        parameters=dict(eta_home=8 * pA),
    )
    inputs = neurons(shown, 2 * INPUTS, "inputs", tables, v_s=START["v_s"])
    inputs.run_regularly(f"I_soma = I_off + I_on*stimulus(t + dt/2, i//{INPUTS})", dt=TRIAL, name="stimulate")
    hidden = neurons(learner, 2 * HIDDEN, "hidden", tables, **START, tau_top=50 * ms)
    mean = (R_LOW + R_HIGH) / 2 * Hz
    output = neurons(taught, OUTPUTS, "output", tables, **START, rate_target=mean)
    return [inputs, hidden, output]


def _counting(model: NeuronModel) -> NeuronModel:
    """Count the events and bursts of each cell while a trial is read."""
    model = model.with_equations("n_event : 1\nn_burst : 1", namespace=("reading",))
    more = {event: f"n_{event} += reading(t)" for event in EVENTS}
    return replace(model, on_event={e: f"{code}; {more[e]}" for e, code in model.on_event.items()})


def _teacher(output: NeuronGroup, tables: dict[str, TimedArray]) -> tuple[NeuronGroup, Synapses]:
    """Compare the mean event rate with its target, and send a current to the apical dendrites."""
    teacher = NeuronGroup(1, TEACHER, method="euler", name="teacher", namespace=tables)
    teacher.tau_r, teacher.gain = 50 * ms, 80 * pA / Hz
    teacher.r_low, teacher.r_high = R_LOW * Hz, R_HIGH * Hz
    watch = Synapses(
        output,
        teacher,
        on_pre={"pre_event": f"r_post += 1/({OUTPUTS}*tau_r_post)"},
        on_event={"pre_event": "event"},
        name="watch",
    )
    watch.connect()
    output.I_teacher = linked_var(teacher, "current", index=np.zeros(OUTPUTS, int))
    return teacher, watch


def _connect(model: Any, source: Any, target: Any, name: str, tables: dict, **values: Any) -> Synapses:
    """Connect all to all by indices: the number of synapses is then known before the run."""
    i, j = np.indices((source.N, target.N)).reshape(2, -1)
    return synapses(model, source, target, name, dict(i=i, j=j), tables, **values)


def _counts(layers: list[NeuronGroup]) -> list[StateMonitor]:
    """Read the counters of each trial when the next begins, and reset them."""
    result = []
    for layer in layers:
        layer.run_regularly(
            "n_event = 0; n_burst = 0", dt=TRIAL, when="start", order=1, name=f"{layer.name}_reset"
        )
        what = dict(variables=["n_event", "n_burst"], record=True, dt=TRIAL, when="start", order=-1)
        result.append(StateMonitor(layer, name=f"{layer.name}_counts", **what))
    return result
