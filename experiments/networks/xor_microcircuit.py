"""The network of `xor_microcircuit.py`: active dendrites, short-term plasticity and interneurons."""

from dataclasses import dataclass, replace

import numpy as np
from brian2 import (
    Hz,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    defaultclock,
    linked_var,
    ms,
    pA,
    second,
)

from dendritic_bp import SynapseModel, neurons, synapses
from dendritic_bp.models.neurons.background import background
from dendritic_bp.models.neurons.interneurons import pv, som
from dendritic_bp.models.neurons.poisson import poisson
from dendritic_bp.models.neurons.two_compartment import two_compartment
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.short_term import RELEASE, depressing, facilitating
from dendritic_bp.trials import Gate, Schedule, Trials
from measures.xor import PATTERNS, TARGETS
from networks.layers import shows

POOLS = ("hidden1", "hidden2")
POPULATIONS = (*POOLS, "output")
BIN = 50 * ms  # resolution of the schedule
RECORDED = 10 * ms  # between two records of the feedback
PREDICT, TEACH, TRIAL = 100 * ms, 250 * ms, 500 * ms  # when it begins to predict, is taught, and ends
WINDOW_S = dict(predict=0.15, teach=0.25)
GATES = dict(
    predicting=Gate(PREDICT, TEACH),
    teaching=Gate(TEACH, phases=("train",)),
    learning=Gate(TEACH, scaled=True),
)

# All values chosen here unless a model file says otherwise.
DT = 0.5 * ms
N_INPUT, N_HIDDEN, N_OUTPUT, N_INTER = 40, 100, 100, 50  # per bit and sign, per pool, -, of each kind
SIZES = dict.fromkeys(POOLS, N_HIDDEN) | dict(output=N_OUTPUT)
TESTS = 10  # presentations of each pattern before and after training, without teacher
R_LOW, R_HIGH = 2, 10  # Hz: event rates of the output that mean 0 and 1 [P21]
W_ON, W_OFF = 40, 0  # pA: mean first weights of on- and off-cells
SPREAD = 5  # pA: of first weights; those from one kind of input onto one cell are equal
ANNEAL = 2.0  # learning steps shrink by exp(-2) over the training

inputs = poisson.with_equations(
    """
dx_bar/dt = (x - x_bar)/tau_x_bar : 1
drive = r_off + (r_on - r_off)*bits(t + dt/2, i//n_bit) : Hz
""",
    parameters=dict(r_off=4 * Hz, r_on=20 * Hz, n_bit=N_INPUT, tau_x_bar=5 * second),
    initial=dict(x_bar=1.2),
    namespace=("bits",),
)

# Averages and excitabilities are kept up where there is no teacher. As I_bias holds the event rate, a slow
# apical current holds the burst probability, at P_0. `signal` sums what the rule multiplies: B - P_bar E.
cell = (
    two_compartment.with_equations(**background)
    .with_equations(RELEASE)
    .with_equations(
        """
I_d = I_apical + I_top + I_noise_d + I_teacher : amp
I_teacher : amp (linked)
I_soma = 0*amp : amp
averaging = predicting(t + dt/2) : 1
eta_bias = eta_home*averaging : amp
signal : 1
""",
        parameters=dict(eta_home=3 * pA, eta_apical=10 * pA, P_0=0.3),
        namespace=("predicting", "teaching"),
    )
)
MORE = {
    "event": "; I_apical += eta_apical*averaging*P_0; signal -= teaching(t + dt/2)*P_bar",
    "burst": "; I_apical -= eta_apical*averaging; signal += teaching(t + dt/2)",
}
cell = replace(cell, on_event={event: code + MORE[event] for event, code in cell.on_event.items()})
START = dict(v_s="E_L + 20*mV*rand()", E_bar=4, B_bar=1.2, x_bar=0.8)
CELL = START | dict(tau_basal=10 * ms, tau_top=50 * ms, tau_avg=0.5 * second)
HIDDEN = dict(rate_target=6 * Hz, I_bias=200 * pA)
OUTPUT = dict(rate_target=0.5 * (R_LOW + R_HIGH) * Hz, I_bias=330 * pA, eta_home=10 * pA)
INTER = dict(som=(som, "30*pA + 10*pA*randn()"), pv=(pv, "120*pA + 40*pA*randn()"))  # near their threshold

ETA = dict(inputs=8.8 * pA, output=4 * pA)
FORWARD = dict(  # hidden2 stands for cells that act through feed-forward inhibition
    hidden1=dict(w="30*pA + 10*pA*randn()", w_min=0 * pA, w_max=400 * pA),
    hidden2=dict(w="-30*pA + 10*pA*randn()", w_min=-400 * pA, w_max=0 * pA),
)
# (source, target, port, sign, released, pA for each release or spike)
FEEDBACK = dict(
    bursts_excite=("output", "hidden1", "I_top", "+", "facilitated_pre", 25),
    events_to_pv=("output", "pv", "I_basal", "+", "depressed_pre", 40),
    pv_inhibits=("pv", "hidden1", "I_top", "-", "1", 1),
    bursts_to_som=("output", "som", "I_basal", "+", "facilitated_pre", 150),
    som_inhibits=("som", "hidden2", "I_top", "-", "1", 4),
    events_excite=("output", "hidden2", "I_top", "+", "depressed_pre", 8),
)
ONTO_HIDDEN = tuple(name for name, route in FEEDBACK.items() if route[1] in POOLS)

# Events and bursts of each population while it predicts and while it is taught. The teacher compares the rate
# of the output in the prediction with the target, and holds the difference while it teaches.
METER = """
predict_event : 1
predict_burst : 1
teach_event : 1
teach_burst : 1
n_cells : 1
taught : 1
rate = predict_event/(n_cells*window) : Hz
error = r_low + (r_high - r_low)*target(t + dt/2) - rate : Hz
current = taught*teaching(t + dt/2)*clip(gain*error, -I_max, I_max) : amp (constant over dt)
window : second (shared, constant)
r_low : Hz (shared, constant)
r_high : Hz (shared, constant)
gain : amp*second (shared, constant)
I_max : amp (shared, constant)
"""
COUNTS = ("predict_event", "predict_burst", "teach_event", "teach_burst")
TEACHER = dict(gain=50 * pA / Hz, I_max=300 * pA)


@dataclass(frozen=True)
class Microcircuit:
    """What is compiled: the number of epochs, each of the four patterns in a random order."""

    epochs: int

    @property
    def name(self):
        """Name the build folder after what is compiled."""
        return f"xor-microcircuit-{self.epochs}"

    @property
    def trials(self):
        """Return the number of trials, those of the tests included."""
        return 4 * (self.epochs + 2 * TESTS)

    @property
    def simulated_s(self):
        """Return the length of a run."""
        return self.trials * float(TRIAL / second)

    @property
    def clock(self):
        """Return the trial clock."""
        return Trials(self.trials, TRIAL, BIN)

    def schedule(self, seed):
        """Show the four patterns in a new order in each epoch; test, train and test."""
        generator = np.random.default_rng(seed)
        order = np.concatenate([generator.permutation(4) for _ in range(self.trials // 4)])
        before, train, after = np.split(order, [4 * TESTS, -4 * TESTS])
        step = np.exp(-ANNEAL * np.arange(train.size) / train.size)
        return Schedule.of((before, "before", 0, 0), (train, "train", 0, step), (after, "after", 0, 0))

    def values(self, seed, feedback="opposite", hidden_plasticity=True):
        """Return the run-time values of a schedule and a variant."""
        schedule = self.schedule(seed)
        bits = PATTERNS[schedule.sample].astype(float)
        values = dict(bits=np.hstack([bits, 1 - bits]), target=TARGETS[schedule.sample].astype(float))
        values |= self.clock.values(schedule, GATES)
        generator = np.random.default_rng([seed, 1])
        values |= {f"inputs_{pool}.w": first_weights(generator) for pool in POOLS}
        if feedback == "zero":
            values |= {f"{name}.w": 0 * pA for name in ONTO_HIDDEN}
        if not hidden_plasticity:
            values |= {f"inputs_{pool}.eta": 0 * pA for pool in POOLS}
        return values

    def protocol(self):
        """Build the network, test, train and test it; keep the spikes of the last trials."""
        defaultclock.dt = DT
        clock = self.clock
        tables = clock.tables(dict(bits=(4,), target=()), GATES)
        groups = _groups(tables)
        meter = _meter(groups, tables)
        objects = [*groups.values(), *meter, *_forward(groups, tables), *_feedback(groups)]
        objects += _records(clock, groups, meter[0])
        return clock.run(objects, shows([groups[name] for name in POPULATIONS]), last=8)


def first_weights(generator):
    """Draw the first weights of the inputs of a pool, one for each kind of input and cell."""
    w = np.array([[W_ON], [W_ON], [W_OFF], [W_OFF]]) + SPREAD * generator.standard_normal((4, N_HIDDEN))
    return np.repeat(w, N_INPUT, axis=0).ravel() * pA


def _groups(tables):
    """Build inputs (on- and off-cells of two bits), hidden pools, output and interneurons."""
    groups = dict(inputs=neurons(inputs, 4 * N_INPUT, "inputs", tables))
    groups |= {pool: neurons(cell, N_HIDDEN, pool, tables, **CELL, **HIDDEN) for pool in POOLS}
    groups["output"] = neurons(cell, N_OUTPUT, "output", tables, **CELL, **OUTPUT)
    return groups | {
        name: neurons(model, N_INTER, name, I_soma=start) for name, (model, start) in INTER.items()
    }


def _meter(groups, tables):
    """Build the counters of the populations and the teacher of the output."""
    meter = NeuronGroup(len(POPULATIONS), METER, name="meter", namespace=tables)
    meter.n_cells = [groups[name].N for name in POPULATIONS]
    meter.taught = [name == "output" for name in POPULATIONS]
    meter.window, meter.r_low, meter.r_high = TEACH - PREDICT, R_LOW * Hz, R_HIGH * Hz
    meter.gain, meter.I_max = TEACHER["gain"], TEACHER["I_max"]
    watches = []
    for index, name in enumerate(POPULATIONS):
        groups[name].I_teacher = linked_var(meter, "current", index=np.full(groups[name].N, index))
        for event in ("event", "burst"):
            code = f"predict_{event}_post += predicting(t + dt/2); teach_{event}_post += teaching(t + dt/2)"
            watch = Synapses(
                groups[name],
                meter,
                on_pre={"pre": code},
                on_event={"pre": event},
                name=f"watch_{name}_{event}",
                namespace=tables,
            )
            watch.connect(j=str(index))
            watches.append(watch)
    return meter, *watches


def _forward(groups, tables):
    """Connect all to all: inputs to the hidden pools, and these to the output by depressing synapses."""
    rule = burst_gradient.with_input(("learning",), plastic="learning(t + dt/2)")
    depressed = replace(rule, on_pre={"spike": "I_basal_post += w*depressed_pre"})
    for pool in POOLS:
        hidden, output = groups[pool], groups["output"]
        yield synapses(rule, groups["inputs"], hidden, f"inputs_{pool}", namespace=tables, eta=ETA["inputs"])
        yield synapses(depressing, hidden, hidden, f"{pool}_depressing", "i == j")
        start = dict(FORWARD[pool], eta=ETA["output"])
        yield synapses(depressed, hidden, output, f"{pool}_output", namespace=tables, **start)


def _feedback(groups):
    """Send the bursts of the output, less what its events foretell, to the dendrites of the hidden pools.

    hidden1 is excited by bursts (facilitating synapses) and inhibited by PV cells, which follow events;
    hidden2 is inhibited by SOM cells, which follow bursts, and excited by events (depressing synapses).
    """
    output = groups["output"]
    for model in (depressing, facilitating):
        yield synapses(model, output, output, f"output_{model.name}", "i == j")
    for name, (source, target, port, sign, released, w) in FEEDBACK.items():
        model = SynapseModel(
            "wire", on_pre={"spike": f"{port}_post {sign}= w*{released}"}, parameters=dict(w=w * pA)
        )
        yield synapses(model, groups[source], groups[target], name)


def _records(clock, groups, meter):
    """Record the counts of each trial, what hidden cells learn from, the feedback, and the interneurons."""
    yield clock.counters(meter, COUNTS)
    for pool in POOLS:
        yield clock.counters(groups[pool], ["signal"])
        yield StateMonitor(groups[pool], "I_top", record=[0], dt=RECORDED, name=f"{pool}_feedback")
    for name in INTER:
        yield SpikeMonitor(groups[name], record=False, name=f"{name}_spikes")
