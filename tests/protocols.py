"""Networks in plain Brian2 for the tests; a module of its own, so that fresh processes can import it."""

import numpy as np
from brian2 import Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, TimedArray, ms, mV, nS

CELLS, STEPS = 20, 10


def noisy() -> Network:
    """Build and run cells with two noise terms, an input array, and random plastic wiring to a subgroup."""
    drive = TimedArray(np.zeros((STEPS, CELLS)) * mV, dt=10 * ms, name="drive")
    cells = NeuronGroup(
        CELLS,
        """
        dv/dt = (E_L - v + drive(t, i) + sigma*(xi_s + xi_d)*sqrt(tau))/tau : volt (unless refractory)
        du/dt = (xi_d*sqrt(tau) - u)/tau + growth*u : 1
        kick = randn() : 1 (constant over dt)
        E_L : volt (shared, constant)
        sigma : volt (shared, constant)
        growth : Hz (shared, constant)
        tau : second (shared, constant)
        offset : volt (constant)
        v_0 : volt (constant)
        """,
        threshold="v > -50*mV",
        reset="v = E_L + kick*mV; u += randn()",
        refractory=2 * ms,
        method="euler",
        namespace={"drive": drive},
        name="cells",
    )
    cells.E_L, cells.sigma, cells.tau = -60 * mV, 10 * mV, 10 * ms
    cells.offset = np.arange(CELLS) * mV
    cells.v = "E_L + offset*rand()"
    cells.v_0 = "v"
    weights = Synapses(
        cells,
        cells[5:],
        "w : siemens\neta : siemens (shared, constant)\nechoes : 1",
        on_pre={"pre": "w = clip(w + eta, 0*nS, 10*nS); v_post += w*mV/nS/10", "echo": "echoes += 1"},
        delay={"pre": 0 * ms, "echo": 0 * ms},
        name="weights",
    )
    weights.connect(p=0.3)
    weights.eta = 0.1 * nS
    weights.w = "2*rand()*eta"
    spikes = SpikeMonitor(cells, name="spikes")
    traces = StateMonitor(cells, ["v", "u"], record=[0, 3], dt=1 * ms, name="traces")
    network = Network(cells, weights, spikes, traces)
    network.run(60 * ms)
    weights.eta = 0 * nS  # an assignment between two runs holds, whatever is given at run time
    network.run(40 * ms)
    return network


def counter(step: str = "x += 1", duration=10 * ms):
    """Return the protocol of one cell that does `step` every millisecond."""

    def protocol() -> Network:
        cell = NeuronGroup(1, "x : 1\nrate : Hz (shared, constant)", name="cell")
        cell.run_regularly(step, dt=1 * ms, name="count")
        network = Network(cell)
        network.run(duration)
        return network

    return protocol
