"""The network of `instructive_signals.py`: cells whose bursts teach, in a loop through `networks/grating.py`.

All of it is equations and synapses. All values chosen here unless a model file says otherwise.

[F26] Francioni et al. 2026, Nature, doi:10.1038/s41586-026-10190-7
"""

from dataclasses import dataclass, replace

import numpy as np
from brian2 import (
    EventMonitor,
    Network,
    StateMonitor,
    defaultclock,
    linked_var,
    ms,
    pA,
    second,
)

from dendritic_bp import neurons, synapses
from dendritic_bp.models.neurons.burst_poisson import burst_poisson
from dendritic_bp.models.neurons.calcium import with_calcium
from dendritic_bp.models.neurons.interneurons import som
from dendritic_bp.models.synapses.burst_gradient import burst_gradient
from dendritic_bp.models.synapses.measured_feedback import measured_feedback
from dendritic_bp.models.synapses.static import static
from dendritic_bp.models.synapses.transmission import event_transmission
from dendritic_bp.trials import Gate, Schedule, Trials
from networks.grating import BEGIN, EACH_STEP, decoder, eye, grating, sender

CELLS, EYE, SENDERS, NDNF = 100, 40, 40, 10
GROUP = 5  # cells of P+, and of P- [F26: 4 to 5]
TRIAL, GREY, BIN, FRAME = 5 * second, 1 * second, 100 * ms, 100 * ms
REST = 6  # trials with which a session begins: nobody teaches, and P_bar settles

cell = with_calcium(burst_poisson).with_equations(
    """
averaging = resting(t) + grey(t) : 1                  # P_bar is the burst probability without a teacher
eta_bias = eta_home*homing(t) : amp
I_apical = I_tonic : amp
I_noise_s = sigma_z*z : amp
dz/dt = -z/tau_z + sqrt(2/tau_z)*xi : 1               # what a cell tries by itself
dz_bar/dt = (z - z_bar)/tau_z : 1
progress : 1 (linked)                                 # one number for all
surprise = progress : 1 (constant over dt)
n_event : 1                                           # events while the grating is seen
""",
    parameters=dict(eta_home=2 * pA, I_tonic=420 * pA, sigma_z=150 * pA, tau_z=200 * ms, tau_avg=20 * second),
    namespace=("resting", "grey", "homing", "shown"),
)
cell = replace(cell, on_event=cell.on_event | {"event": cell.on_event["event"] + "; n_event += shown(t)"})

# Bursts teach with eta, one number to all with eta_scalar (`models/credit/scalar.py`).
forward = replace(
    burst_gradient,
    name="forward",
    on_post=burst_gradient.on_post
    | {
        "event": """
x_event = plastic*(x_pre - x_bar_pre)/(1 + x_post/x_half)
w = clip(w - eta*P_bar_post*x_event + eta_scalar*surprise_post*z_bar_post*x_event, w_min, w_max)
"""
    },
    parameters=burst_gradient.parameters | dict(eta=0.1 * pA, eta_scalar=0 * pA),
).with_input(("learning",), plastic="learning(t)")
feedback = measured_feedback.with_equations(parameters=dict(gain=1.0)).with_input(
    ("watching", "teaching"), plastic="watching(t)", arriving="teaching(t)*gain"
)

GATES = dict(
    shown=Gate(GREY, phases=("watch", "task")),
    watching=Gate(GREY, phases=("watch",)),
    teaching=Gate(GREY, phases=("task",)),
    learning=Gate(GREY, phases=("task",), scaled=True),
    grey=Gate(300 * ms, GREY, phases=("task",)),
    resting=Gate(phases=("rest", "watch")),
    homing=Gate(phases=("rest", "watch"), scaled=True),
)


@dataclass(frozen=True)
class Interface:
    """What is compiled: a session of so many trials."""

    trials: int = 60

    @property
    def name(self) -> str:
        """Name the build folder after what is compiled."""
        return f"instructive_signals-{self.trials}"

    @property
    def clock(self) -> Trials:
        """Return the trial clock of a session."""
        return Trials(self.trials, TRIAL, BIN)

    def session(self, phase: str) -> Schedule:
        """Return the schedule of a session to "watch" (homeostasis works) or of the "task"."""
        rest = (np.zeros(REST, int), "rest", 0, float(phase == "watch"))
        return Schedule.of(rest, (np.zeros(self.trials - REST, int), phase, 0, 1.0))

    def protocol(self) -> Network:
        """Build the loop, and run a session."""
        defaultclock.dt = 1 * ms
        tables = self.clock.tables({}, GATES)
        turned = neurons(grating, 1, "grating", _some(grating, tables))
        turned.run_regularly(BEGIN, dt=TRIAL, when="start", order=1, name="begin")
        turned.run_regularly(EACH_STEP, when="end", name="each_step")
        seen = neurons(eye, EYE, "eye", _some(eye, tables), theta_best="-90 + 180*i/(N - 1)")
        cells = neurons(
            cell,
            CELLS,
            "cells",
            _some(cell, tables),
            v_s="E_L + 20*mV*rand()",
            I_bias=450 * pA,
            E_bar=160,
            B_bar=60,
            x_bar=0.8,
            tau_basal=10 * ms,
            tau_top=50 * ms,
        )
        told = neurons(sender, SENDERS, "senders", way="1 - 2*int(i >= N/2)")
        seen.theta = linked_var(turned, "theta", index=np.zeros(EYE, int))
        told.told = linked_var(turned, "told", index=np.zeros(SENDERS, int))
        cells.progress = linked_var(turned, "progress", index=np.zeros(CELLS, int))
        light = neurons(som, NDNF, "ndnf", tau_w=100 * ms)
        wires = [
            _wire(forward, seen, cells, "forward", tables, w="40*pA*randn()"),
            _wire(decoder, cells, turned, "decoder", tables),
            _wire(feedback, told, cells, "feedback", tables),
            _wire(event_transmission, light, cells, "inhibition", tables, w=-60 * pA),
            synapses(static, cells, cells, "recurrent", dict(condition="i != j", p=0.1), w="30*pA*randn()"),
        ]
        return self.clock.run([turned, seen, cells, told, light, *wires, *self._records(turned, cells)])

    def _records(self, turned, cells) -> list:
        return [
            self.clock.counters(cells, ["n_event"]),
            StateMonitor(cells, ["Ca_s", "Ca_d"], record=True, dt=FRAME, name="imaging"),
            StateMonitor(turned, ["theta", "error", "reward", "r"], record=True, dt=FRAME, name="screen"),
            EventMonitor(turned, "hit", name="hits"),
        ]


def _some(model, tables):
    return {name: tables[name] for name in model.namespace}


def _wire(model, source, target, name, tables, **values):
    i, j = (x.ravel() for x in np.indices((source.N, target.N)))
    return synapses(model, source, target, name, dict(i=i, j=j), _some(model, tables), **values)
