"""The fast network of `xor.py`: small ensembles, trials of 200 ms, a teacher in each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from brian2 import Hz, Network, NeuronGroup, Quantity, Synapses, TimedArray, defaultclock, ms, pA, second

from dendritic_bp import NeuronModel, SynapseModel, neurons
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.synapses.burst_dependent import burst_dependent
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.models.synapses.routed_feedback import routed_feedback
from dendritic_bp.models.synapses.short_term import RELEASE
from dendritic_bp.models.synapses.transmission import burst_transmission, centred_feedback
from dendritic_bp.runs import Run
from dendritic_bp.trials import Gate, Schedule, Trials
from measures.xor import PATTERNS, TARGETS, Course, activity
from networks.cells import CELLS
from networks.cells import INPUTS as CURRENTS
from networks.layers import COUNTERS, EVENTS, counting, inputs, shows
from networks.own import carried_from, own_model
from networks.projections import all_to_all
from networks.relays import heard, relays
from networks.routing import DRIVES, FACILITATED, foretold, router, terminals
from networks.scales import scales
from networks.teacher import teacher

# All values chosen here unless a model file says otherwise.
INPUTS, HIDDEN, OUTPUTS = 20, 60, 80  # cells for each bit, in each of two hidden pools, and in the output
TRIAL = 200 * ms
BIN = 10 * ms  # resolution of the schedule
SETTLED = 60 * ms  # when reading and, if it is taught, teaching begin in a trial
READ_S = float((TRIAL - SETTLED) / second)
BEFORE, AFTER = 5, 10  # epochs (of the four patterns, in random order) of the tests
ANNEAL_S = 60  # steps of learning shrink with this time constant
R_LOW, R_HIGH = 4, 30  # Hz
GAIN = 80 * pA / Hz  # of the teacher
ETA_HOME = 8 * pA
POPULATIONS = dict(input1=INPUTS, input2=INPUTS, hidden1=HIDDEN, hidden2=HIDDEN, output=OUTPUTS)
LAYERS = dict(inputs=2, hidden=2, output=1)  # and how many populations are in each
GATES = dict(
    reading=Gate(SETTLED),
    teaching=Gate(SETTLED, phases=("train",)),
    learning=Gate(SETTLED, phases=("train",)),  # and less from bin to bin
)
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


@dataclass(frozen=True)
class Kind:
    """Hold the kind of cell, and what is chosen for it."""

    name: str
    model: NeuronModel
    start: Mapping[str, Any]
    currents: Mapping[str, Any]  # into the input cells
    limits: tuple[float, float]  # Hz: event rates that the teacher asks for
    soma: float = 1.0  # how many times larger somatic currents are than in burst_poisson
    dendrite: float = 1.0  # ... and apical ones
    P_goal: float = CELLS[burst_poisson.name].burst_probability  # where feedback that is routed is centred


@cache
def kind_of(name: str) -> Kind:
    """Return a kind of cell; but for burst_poisson, its values are measured (`networks/own.py`)."""
    if name == burst_poisson.name:
        return Kind(name, burst_poisson, START, CURRENTS, (R_LOW, R_HIGH))
    model = own_model(name, [rule for each in RULES.values() for rule in (each.forward, each.feedback)])
    carried = carried_from(CELLS[burst_poisson.name], model, scales(model))
    off, high = carried.drive(CURRENTS["I_off"]), float(carried.rate(R_HIGH * Hz) / Hz)
    start = dict(I_apical=carried.place(START["I_apical"]), I_bias=carried.drive(START["I_bias"]))
    chosen = CELLS[name].hidden if name in CELLS else {}  # cells with few events need long currents
    return Kind(
        model.name,
        model.with_equations(**carried.noise),
        START | start | {key: chosen[key] for key in ("tau_basal",) if key in chosen},
        dict(I_off=off, I_on=carried.drive(sum(CURRENTS.values())) - off),
        (R_LOW, high),
        carried.soma,
        carried.dendrite,
        CELLS["multiplexing"].burst_probability,
    )


# Where feedback that synapses route arrives, no P_bar is at hand: a slow current holds the burst probability.
CENTRED = """
I_d = I_apical + I_top + I_noise_d + I_centre : amp
dI_centre/dt = eta_centre*(P_goal - P_bar)*teaching(t) : amp
"""
ETA_CENTRE = 50 * pA / second
PORTS, TOLD = heard(EVENTS)
fixed_routed_feedback = replace(
    routed_feedback,
    name="fixed_routed_feedback",
    on_pre={event: routed_feedback.on_pre[event] for event in ("spike", *TOLD)},
)

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
    neuron: str = burst_poisson.name
    routing: str = "prescribed"  # of feedback; or "synapses"

    @property
    def name(self) -> str:
        """Name the build folder."""
        mine = [] if self.neuron == burst_poisson.name else [self.kind.name]
        return "-".join(["xor-fast", self.rule, *mine, *["routed"] * self.routed])

    @property
    def routed(self) -> bool:
        """Tell whether synapses and interneurons route the feedback."""
        return self.routing == "synapses"

    @property
    def kind(self) -> Kind:
        """Return the kind of cell."""
        return kind_of(self.neuron)

    @property
    def trials(self) -> int:
        """Return the number of trials, those of the tests included."""
        return 4 * (BEFORE + self.epochs + AFTER)

    @property
    def simulated_s(self) -> float:
        """Return the length of a run."""
        return self.trials * float(TRIAL / second)

    @property
    def clock(self) -> Trials:
        """Return the trial clock."""
        return Trials(self.trials, TRIAL, BIN)

    def schedule(self, seed: int) -> Schedule:
        """Show the four patterns in a new order in each epoch; test, train and test."""
        generator = np.random.default_rng(seed)
        phases = ["before"] * BEFORE + ["train"] * self.epochs + ["after"] * AFTER
        return Schedule.of(*((generator.permutation(4), p, k - BEFORE, 1) for k, p in enumerate(phases)))

    def values(self, seed: int, feedback: str, hidden_plasticity: bool) -> dict[str, Any]:
        """Return the run-time values of a schedule and a variant."""
        schedule, clock = self.schedule(seed), self.clock
        values = dict(
            stimulus=PATTERNS[schedule.sample].astype(float), label=TARGETS[schedule.sample].astype(float)
        )
        values |= clock.values(schedule, GATES)
        values["learning"] *= np.exp(-(clock.times - 4 * BEFORE * float(TRIAL / second)) / ANNEAL_S)
        return values | self._feedback(feedback) | ({} if hidden_plasticity else {"forward1.eta": 0 * pA})

    def protocol(self) -> Network:
        """Build the network, test, train and test it; keep the spikes of the last trials."""
        defaultclock.dt = 1 * ms
        clock = self.clock
        tables = clock.tables(dict(stimulus=(2,), label=()), GATES)
        layers, (low, high) = _layers(self.kind, clock, tables, self.routed), self.kind.limits
        targets = dict(r_low=low * Hz, r_high=high * Hz)
        taught = teacher(layers[-1], 1, tables, "label(t)", gain=self.kind.dendrite * GAIN, **targets)
        counts = [clock.counters(layer, COUNTERS) for layer in layers]
        objects = [*layers, *taught, *self._projections(layers, tables), *counts]
        if self.routed:
            objects += [*terminals(layers[-1:]), *relays(layers[-1:], router, DRIVES)]
        return clock.run(objects, shows(layers), last=4 * AFTER)

    def course(self, run: Run, seed: int) -> Course:
        """Return what the network did."""
        order = self.schedule(seed).sample
        events, bursts = (
            np.concatenate([self._per_population(run, layer, what) for layer in LAYERS]) for what in COUNTERS
        )
        cells = np.array(list(POPULATIONS.values()))[:, None]
        by_pattern = np.argsort(order.reshape(-1, 4), axis=1)  # of each epoch
        rate = np.take_along_axis((events / cells)[-1].reshape(-1, 4), by_pattern, axis=1) / READ_S
        parts = {"before": slice(0, 4 * BEFORE), "after": slice(-4 * AFTER, None)}
        return Course(
            rate=rate[BEFORE : BEFORE + self.epochs],
            after=rate[-AFTER:],
            tests={
                k: activity(order[s], events[:, s], bursts[:, s], cells * READ_S) for k, s in parts.items()
            },
            limits=self.kind.limits,
            epoch_s=4 * float(TRIAL / second),
            populations=POPULATIONS,
            windows=[(float((self.trials - 4 + k) * TRIAL / second), int(order[k - 4])) for k in range(4)],
            window_s=float(TRIAL / second),
        )

    def _per_population(self, run: Run, layer: str, what: str) -> np.ndarray:
        """Return counts (populations, trials)."""
        counts = self.clock.counts(run, f"{layer}.{what}").T
        return counts.reshape(LAYERS[layer], -1, self.trials).sum(axis=1)

    def _feedback(self, kind: str) -> dict[str, Any]:
        """Return the run-time values that make the feedback of one kind."""
        rule = RULES[self.rule]
        signs = {"opposite": (1, -1), "same": (1, 1), "zero": (0, 0)}[kind]
        change = {f"feedback.{name}": 0 * value for name, value in rule.learns.items() if kind == "zero"}
        w = self.kind.dendrite * rule.w_feedback
        return change | {"feedback.w": np.tile(np.repeat(signs, HIDDEN), OUTPUTS) * w}

    def _projections(self, layers: list[NeuronGroup], tables: dict[str, TimedArray]) -> list[Synapses]:
        """Connect neighbouring layers all to all; all forward weights are zero at the start."""
        sources, hidden, output = layers
        rule, gate = RULES[self.rule], dict(namespace=("learning",), plastic="learning(t)")
        soma = self.kind.soma
        bounds = {name: soma * rule.forward.parameters[name] for name in ("w_min", "w_max")}
        forward = rule.forward.with_input(**gate).with_equations(parameters=bounds)
        learns = {name: self.kind.dendrite * value for name, value in rule.learns.items()}
        eta1, eta2 = (soma * eta for eta in rule.eta)
        back = rule.feedback.with_input(**gate) if rule.learns else rule.feedback
        if self.routed:
            back, learns = fixed_routed_feedback, foretold(self.kind.P_goal) | dict(gain=1 / FACILITATED[1])
        start = self._feedback("opposite")["feedback.w"]
        return [
            all_to_all(forward, sources, hidden, "forward1", tables, eta=eta1),
            all_to_all(forward, hidden, output, "forward2", tables, eta=eta2),
            all_to_all(back, output, hidden, "feedback", tables, w=start, **learns),
        ]


def _layers(kind: Kind, clock: Trials, tables: dict[str, TimedArray], routed: bool) -> list[NeuronGroup]:
    """Build the input, hidden and output layers; if it is `routed`, the last sends feedback by synapses."""
    cell = kind.model.with_equations("x_bar = 0 : 1", parameters=dict(tau_x=50 * ms))  # not centred
    learner = counting(cell).with_input(("teaching",), averaging="teaching(t)")
    taught = learner.with_equations(
        """
I_d = I_apical + I_top + I_noise_d + I_teacher : amp
I_teacher : amp (linked)
eta_bias = eta_home*teaching(t) : amp
""",
        parameters=dict(eta_home=kind.soma * ETA_HOME),
    )
    if routed:
        held = dict(eta_centre=kind.dendrite * ETA_CENTRE, P_goal=kind.P_goal)
        learner = learner.with_equations(CENTRED, parameters=held)
        equations = CENTRED.replace("I_centre :", "I_centre + I_teacher :") + RELEASE + PORTS
        taught = replace(taught.with_equations(equations, parameters=held), events={**taught.events, **TOLD})
    read = {name: tables[name] for name in ("stimulus", "reading")}
    sources = inputs(cell, 2 * INPUTS, f"stimulus(t, i//{INPUTS})", clock, read, kind.currents)
    hidden = neurons(learner, 2 * HIDDEN, "hidden", tables, **kind.start, tau_top=50 * ms)
    mean = sum(kind.limits) / 2 * Hz
    output = neurons(taught, OUTPUTS, "output", tables, **kind.start, rate_target=mean)
    return [sources, hidden, output]
