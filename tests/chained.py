"""A network that holds whatever a state must carry, in plain Brian2, and tables of what it is shown."""

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    ms,
    second,
)

TRIAL, TRIALS, CELLS, IMAGES = 5 * ms, 400, 30, 7

CELL = """
dv/dt = (1.1*images(order(t)*second, i) + gate(t) - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)
dx/dt = -x/(7*ms) : 1
t_up : second
count : 1
total : 1
tau : second (constant)
"""
SYNAPSE = """
dpre/dt = -pre/(10*ms) : 1 (event-driven)
dpost/dt = -post/(10*ms) : 1 (event-driven)
dslow/dt = (exp(-slow) - slow + 0.2*w)/(30*ms) : 1 (clock-driven)
w : 1
"""


def tables(trials):
    """Draw what is shown: which image and how open the gate is in each trial, the images."""
    rng = np.random.default_rng(1)
    order, gate = rng.integers(0, IMAGES, TRIALS).astype(float), 0.6 * rng.random(TRIALS)
    images = rng.random((IMAGES, CELLS))
    rest = np.full(TRIALS - len(order[trials]), 5.0)  # which no piece should reach
    return {"order": np.append(order[trials], rest), "gate": np.append(gate[trials], rest), "images": images}


def cells():
    """Build noisy cells that are shown images and keep times, counts and random numbers of their own."""
    shown = {
        "order": TimedArray(np.zeros(TRIALS), dt=TRIAL, name="order"),
        "gate": TimedArray(np.zeros(TRIALS), dt=TRIAL, name="gate"),
        "images": TimedArray(np.zeros((IMAGES, CELLS)), dt=1 * second, name="images"),
    }
    group = NeuronGroup(
        CELLS,
        CELL,
        threshold="v > 1",
        reset="v = 0.1*randn(); x += exp((t_up - t)/(20*ms)); count += 1",
        refractory=1.7 * ms,
        events={"up": "x > 0.4 and t - t_up > 3*ms"},
        method="euler",
        name="cells",
        namespace=shown,
    )
    group.run_on_event("up", "t_up = t")
    group.tau = np.linspace(3, 7, CELLS) * ms
    group.run_regularly("total += count; count = 0", dt=TRIAL, when="start", name="trial")
    group.run_regularly("x += 0.01*rand()", dt=0.3 * ms, name="between")  # no divisor of a trial
    return group


def protocol(trials):
    """Return a protocol of so many trials, whose sources differ from others in the duration alone."""

    def build_and_run():
        group = cells()
        noise = PoissonGroup(20, 40 * Hz, name="noise")
        plastic = Synapses(
            noise,
            group,
            SYNAPSE,
            on_pre="v_post += w; pre += 1; w = clip(w - 0.01*post + 0.001*randn(), 0, 1)",
            on_post="post += 1; slow += 0.1; w = clip(w + 0.01*pre*(1 + slow), 0, 1)",
            method="euler",
            name="plastic",
        )
        plastic.connect(p=0.5)
        plastic.w, plastic.pre.delay, plastic.post.delay = 0.25, "10*rand()*ms", 2 * ms
        back = Synapses(group, group[10:], on_pre="v_post -= 0.1*t/second", on_event="up", name="back")
        back.pre.when = "start"  # sees the events of the step before
        back.connect("i != j")
        back.delay = 7 * ms
        network = Network(group, noise, plastic, back, *monitors(group))
        network.run(trials * TRIAL)
        return network

    return build_and_run


def monitors(group):
    """Record spikes and, at the end of each trial, its counts."""
    record = {"dt": TRIAL, "when": "start", "order": -1}
    return (
        SpikeMonitor(group, ["x"], name="spikes"),
        StateMonitor(group, ["count", "v"], record=[0, 20], name="trials", **record),
    )
