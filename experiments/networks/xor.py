"""The published XOR network of `xor.py`: 2,500 burst-Poisson cells, 10,000 background sources, a teacher."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from brian2 import (
    EventMonitor,
    Hz,
    Network,
    NeuronGroup,
    Quantity,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    ms,
    pA,
    second,
)

from dendritic_bp import neurons, synapses
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.conductances import conductances, exact_decay
from dendritic_bp.models.neurons.injection import injected, injection
from dendritic_bp.models.neurons.poisson_arrivals import arrivals, poisson_arrivals
from dendritic_bp.models.synapses.conductance_synapses import (
    apical_excitation,
    apical_inhibition,
    burst_dependent_xor,
    slow_rate,
    somatic_inhibition,
)
from dendritic_bp.runs import Run
from measures.xor import PATTERNS, TARGETS, Course, activity

INPUTS, HIDDEN = ("input1", "input2"), ("hidden1", "hidden2")
POPULATIONS = (*INPUTS, *HIDDEN, "output")
PLASTIC = dict(inputs_hidden=(INPUTS, HIDDEN), hidden_output=(HIDDEN, ("output",)))
BINS = 10  # of an example; plasticity and teacher are on in the last [P21]
SETTLED = 2  # bins of an example that the tests leave out [P21]
BURN_IN = 8  # bins; 6.4 s where the published program takes 6 s
I_ON, I_OFF = 150, -350  # pA into the input cells [P21]
EVENTS = ("event", "burst")

DT = 0.1 * ms  # [P21]

# Computed once, when the teacher comes on, from each cell's own estimate of its event rate [P21].
TEACHER = """
I_teacher = I_max*teaching(t + dt/2)*(target(t + dt/2)*up - (1 - target(t + dt/2))*down)
"""


# The published driving force of dendritic synapses is that of the soma.
cell = (
    burst_poisson.with_equations(**conductances)
    .with_equations(**slow_rate)
    .with_equations(**poisson_arrivals)
    .with_equations(injected)
    .with_equations(
        """
I_bias : amp
I_teacher : amp
v_drive = v_s : volt
x_bar : 1
""",
        parameters=dict(
            memory=1.0,  # [P21]
            tau_exc=exact_decay(5 * ms, DT),  # [P21]
            tau_inh=exact_decay(10 * ms, DT),  # [P21]
        ),
    )
)
cell = replace(cell, reset=cell.reset + "H += 1\n")
INPUT = injection.replace("I_apical", "(I_apical + I_teacher)") + arrivals
# Nothing is learned outside the teacher's window: the rule is called for events and bursts within it alone.
learner = replace(
    cell.with_equations(namespace=("teaching",)),
    events=cell.events
    | {f"taught_{event}": f"{condition} and teaching(t) > 0" for event, condition in cell.events.items()},
)
rule = burst_dependent_xor.with_input(("teaching",), plastic="teaching(t)")
rule = replace(rule, on_post={f"taught_{event}": code for event, code in rule.on_post.items()})
taught = learner.with_equations(
    """
up = int(rate < r_high - 1*Hz)*Hz/clip(rate - r_low, 1*Hz, r_high) : 1
down = int(rate > r_low + 1*Hz)*Hz/clip(r_high - rate, 1*Hz, r_high) : 1
""",
    parameters=dict(
        I_max=1000 * pA,  # [P21]
        r_low=2 * Hz,  # [P21]
        r_high=10 * Hz,  # [P21]
    ),
)
METER = """
dr/dt = -r/tau_r : Hz                                 # mean event rate of a population
n_event : 1
n_burst : 1
tau_r : second (shared, constant)
"""
# Weights of the output's bursts onto hidden1 and hidden2, current into the dendrites of hidden2, steps [P21].
FEEDBACK = dict(
    opposite=dict(excites=(0.26, 0.026), inhibits=(0.06, 0.27), apical=500 * pA, eta=(8e-3, 4e-3)),
    same=dict(excites=(0.26, 0.26), inhibits=(0.06, 0.06), apical=0 * pA, eta=(4e-3, 2e-3)),
    zero=dict(excites=(0, 0), inhibits=(0, 0), apical=0 * pA, eta=(8e-3, 4e-3)),  # chosen here: a control
)


@dataclass(frozen=True)
class Published:
    """What is compiled: sizes and times of the published network."""

    epochs: int = 500  # [P21]
    example_s: float = 8  # [P21]
    average_s: float = 2  # [P21] time constant of event and burst rates
    cells: int = 500  # [P21] in each of the five populations
    inputs: float = 100  # [P21] synapses that a cell gets from each population, on average
    raster: bool = True  # keep the spikes of the tests
    profile: bool = False  # time each code object

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        kind = "".join(f"-{k}" for k in ("raster", "profile") if getattr(self, k))
        return f"xor-published-{self.cells}{kind}"

    @property
    def simulated_s(self) -> float:
        """Return the length of a run."""
        return self.bins * self.example_s / BINS

    @property
    def bin(self) -> Quantity:
        """Return the resolution of the schedule: the length of the teacher's window."""
        return self.example_s * second / BINS

    @property
    def bins(self) -> int:
        """Return how many there are."""
        return BURN_IN + BINS * len(self.shown)

    @property
    def shown(self) -> np.ndarray:
        """Return the pattern of each example: a test of the four, training, a test."""
        return np.tile(np.arange(4), self.epochs + 2)

    @property
    def trained(self) -> np.ndarray:
        """Tell for each example whether it is trained."""
        return np.repeat([False, True, False], [4, 4 * self.epochs, 4])

    def protocol(self) -> Network:
        """Build the network, test, train and test it; keep the spikes of the tests."""
        defaultclock.dt = DT
        tables = self._tables()
        layers = self._layers(tables)
        pairs = [(layer, e) for layer in layers for e in EVENTS if self.raster]
        shows = [EventMonitor(layer, e, name=f"{layer.name}_{e}s") for layer, e in pairs]
        shows += [SpikeMonitor(layer, name=f"{layer.name}_spikes") for layer in layers if self.raster]
        network = Network(*layers, *self._projections(layers, tables), *self._meter(layers), *shows)
        for shown, duration in self._stages():
            for monitor in shows:
                monitor.active = shown
            network.run(duration * self.bin, profile=self.profile)
        network.run(DT)  # for the last record of the meter
        return network

    def values(self, seed: int, feedback: str, hidden_plasticity: bool) -> dict[str, Any]:
        """Return the run-time values of a variant."""
        table, (first, last) = FEEDBACK[feedback], FEEDBACK[feedback]["eta"]
        result = {"inputs_hidden.eta": first * hidden_plasticity, "hidden_output.eta": last}
        result["hidden.I_apical"] = np.repeat([0, 1], self.cells) * table["apical"]
        for kind in ("excites", "inhibits"):
            result |= {f"output_{kind}_hidden{k}.w": w for k, w in enumerate(table[kind], start=1)}
        return result

    def course(self, run: Run, seed: int) -> Course:
        """Return what the network did; the tests leave out the first fifth of an example."""
        bins = (len(self.shown), BINS)
        counts = [np.diff(run[f"course.n_{e}"][:, BURN_IN:], axis=1) for e in EVENTS]
        events, bursts = (c.reshape(-1, *bins)[:, :, SETTLED:].sum(axis=2) for c in counts)
        rate = run["course.r"][-1, BURN_IN:-1].reshape(bins)[:, BINS - 1]  # when the teacher comes on
        seconds = self.cells * (BINS - SETTLED) * self.example_s / BINS
        parts = {"before": slice(0, 4), "after": slice(-4, None)}
        start = self.simulated_s - (4 - np.arange(4)) * self.example_s + self.example_s / 2
        return Course(
            rate=rate[self.trained].reshape(-1, 4),
            tests={k: activity(self.shown[s], events[:, s], bursts[:, s], seconds) for k, s in parts.items()},
            limits=(2, 10),  # [P21]
            epoch_s=4 * self.example_s,
            populations=dict.fromkeys(POPULATIONS, self.cells),
            windows=[(float(time), pattern) for pattern, time in enumerate(start)],
            window_s=0.5,
            weights=dict(self._weights(run)),
        )

    def _weights(self, run: Run) -> Iterator[tuple[str, float]]:
        """Yield the mean weight of each plastic projection after training, by its name: input1_hidden1 ..."""
        for name, pools in PLASTIC.items():
            w, sources, targets = run[f"{name}.w"], *(run[f"{name}.{k}"] // self.cells for k in "ij")
            for (k, source), (m, target) in product(*map(enumerate, pools)):
                yield f"{source}_{target}", float(w[(sources == k) & (targets == m)].mean())

    def _stages(self) -> list[tuple[bool, int]]:
        """Return (are spikes recorded, bins) of the stages of a run."""
        test, train = BINS * 4, BINS * 4 * self.epochs
        stages = [(False, BURN_IN), (True, test), (False, train), (True, test)]
        return [(shown, bins) for shown, bins in stages if bins]

    def _tables(self) -> dict[str, TimedArray]:
        """Return what is shown and taught in each bin."""
        burn_in = np.zeros(BURN_IN)
        on = np.repeat(PATTERNS[self.shown], BINS, axis=0)
        stimulus = np.concatenate([np.outer(burn_in, [0, 0]), np.where(on, I_ON, I_OFF)]) * pA
        taught = np.outer(self.trained, np.arange(BINS) == BINS - 1).ravel()
        target = np.repeat(TARGETS[self.shown], BINS)
        tables = dict(stimulus=stimulus, teaching=[*burn_in, *taught], target=[*burn_in, *target])
        return {name: TimedArray(table, dt=self.bin, name=name) for name, table in tables.items()}

    def _layers(self, tables: dict[str, TimedArray]) -> list[NeuronGroup]:
        """Build the cells and their background; each layer is one group, as its pools differ in little."""
        n, start = self.cells, dict(v_s="E_L + 5*mV*randn()", tau_avg=self.average_s * second)
        inputs = neurons(cell, 2 * n, "inputs", **start)
        hidden = neurons(
            learner, 2 * n, "hidden", tables, rate_s=150 * Hz, w_exc_s=0.385, w_inh_s=0.49, **start
        )
        output = neurons(taught, n, "output", tables, rate_s=150 * Hz, I_apical=400 * pA, **start)
        hidden.I_apical[n:] = FEEDBACK["opposite"]["apical"]
        for layer in (inputs, hidden, output):
            layer.run_regularly(INPUT, when="before_groups", name=f"{layer.name}_background")
        inputs.namespace |= tables
        output.namespace |= tables
        inputs.run_regularly(f"I_soma = stimulus(t + dt/2, i//{n})", dt=self.bin, name="stimulate")
        output.run_regularly(TEACHER, dt=self.bin, name="teach")
        return [inputs, hidden, output]

    def _projections(self, layers: list[NeuronGroup], tables: dict[str, TimedArray]) -> list[Synapses]:
        """Wire everything at random: excitation and inhibition independently."""
        n, (_, hidden, output) = self.cells, layers
        pools = {"hidden1": hidden[:n], "hidden2": hidden[n:]}
        wired = dict(p=self.inputs / n)
        result = []
        for source, target, eta in zip(layers, layers[1:], FEEDBACK["opposite"]["eta"], strict=False):
            name = f"{source.name}_{target.name}"
            result.append(synapses(rule, source, target, name, wired, tables, eta=eta))
            result.append(synapses(somatic_inhibition, source, target, f"{name}_inhibition", wired))
        for kind, model in (("excites", apical_excitation), ("inhibits", apical_inhibition)):
            for (pool, target), w in zip(pools.items(), FEEDBACK["opposite"][kind], strict=True):
                result.append(synapses(model, output, target, f"output_{kind}_{pool}", wired, w=w))
        return result

    def _meter(self, layers: list[NeuronGroup]) -> list:
        """Count the events and bursts of each population."""
        meter = NeuronGroup(len(POPULATIONS), METER, method="euler", name="meter")
        meter.tau_r = self.average_s * second
        watches = []
        for first, layer in zip((0, 2, 4), layers, strict=True):
            on = {
                "pre_event": f"n_event_post += 1; r_post += 1/({self.cells}*tau_r_post)",
                "pre_burst": "n_burst_post += 1",
            }
            events = {f"pre_{event}": event for event in EVENTS}
            watch = Synapses(layer, meter, on_pre=on, on_event=events, name=f"{layer.name}_watch")
            watch.connect(j=f"{first} + i//{self.cells}")
            watches.append(watch)
        variables = ["r", "n_event", "n_burst"]
        return [
            meter,
            *watches,
            StateMonitor(meter, variables, True, dt=self.bin, when="start", name="course"),
        ]
