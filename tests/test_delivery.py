"""A synapse with a delay delivers what was sent: the value at the moment of the spike, whatever follows."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import BrianObjectException, Network, StateMonitor, TimedArray, defaultclock, ms, pA, second
from simulate import DT, simulate

from dendritic_bp import ModelError, NeuronModel, SynapseModel, neurons, synapses
from dendritic_bp.models.synapses.mirrored_feedback import mirrored_feedback
from dendritic_bp.program import Program

TRAINS = np.array([[10, 11], [15, 15], [17, 1e6], [1e6, 1e6]])  # ms; an interval is shorter than the delay
sender = NeuronModel(
    "sender",
    """
    t_next : second
    n : integer
    odd = n % 2 > 0 : boolean
    dx/dt = -x/(5*ms) : 1
    twice = 2*x : 1
    """,
    threshold="steps(t, dt) >= steps(t_next, dt)",
    reset="n += 1; x += 1; t_next = train(n*second, i)",
    initial=dict(t_next="train(0*second, i)", x=0.5),
    namespace=("train",),
)
receiver = NeuronModel("receiver", "g : 1\nh : 1\nb : 1", threshold="False")
transmit = SynapseModel(
    "transmit",
    "w : 1\nz = twice_pre + w : 1",
    on_pre={"spike": "g_post += x_pre; h_post += z; b_post += int(odd_pre)"},
)


def cells(first=0):
    train = TimedArray(TRAINS * ms, dt=1 * second, name="train")
    spare = np.zeros((4, first)) + 1e6
    if first:
        train = TimedArray(np.hstack([spare, TRAINS]) * ms, dt=1 * second, name="train")
    senders = neurons(sender, 2 + first, "senders", namespace={"train": train})
    receivers = {delay: neurons(receiver, 2, f"receivers{delay}") for delay in (0, 8)}
    watch = {d: StateMonitor(r, ["g", "h", "b"], record=True, name=f"m{d}") for d, r in receivers.items()}
    return senders, receivers, watch


def check(now, late):
    for each in (now, late):
        assert [len(np.unique(row)) - 1 for row in each[0]] == [3, 2], "all spikes have arrived, one by one"
    for a, b in zip(now, late, strict=True):
        np.testing.assert_allclose(b[:, 80:], a[:, :-80], rtol=1e-12)


@pytest.mark.parametrize("first", [0, 3], ids=["group", "subgroup"])
def test_what_arrives_later_is_what_arrives_at_once(first):
    defaultclock.dt = DT
    senders, receivers, watch = cells(first)
    wires = [
        synapses(replace(transmit, delay=d * ms), senders[first:] if first else senders, r, f"s{d}", "i == j")
        for d, r in receivers.items()
    ]
    simulate(40 * ms, senders, *receivers.values(), *watch.values(), *wires)
    check(*([m.g, m.h, m.b] for m in watch.values()))


def protocol(duration):
    def network():
        defaultclock.dt = DT
        senders, receivers, watch = cells()
        wires = [
            synapses(replace(transmit, delay=d * ms), senders, r, f"s{d}", "i == j")
            for d, r in receivers.items()
        ]
        result = Network(senders, *receivers.values(), *watch.values(), *wires)
        result.run(duration)
        return result

    return network


def test_a_compiled_program_delivers_the_same_and_takes_shorter_delays():
    program = Program(protocol(40 * ms), "delivery")
    for delay in (8, 3):
        run = program.run(progress=False, values={"s8_pre_spike.delay": delay * ms})
        now, late = ([run[f"m{d}.{name}"] for name in "ghb"] for d in (0, 8))
        for a, b in zip(now, late, strict=True):
            np.testing.assert_allclose(b[:, 10 * delay :], a[:, : -10 * delay], rtol=1e-12)


def test_what_is_under_way_goes_on_from_a_state():
    program = Program(protocol(20 * ms), "delivery")  # spikes of 15 and 17 ms arrive in the second run
    runs = [program.run(progress=False, keep_state=True)]
    runs.append(program.run(progress=False, state=runs[0].state))
    now, late = (np.concatenate([run[f"m{d}.g"] for run in runs], axis=1) for d in (0, 8))
    np.testing.assert_allclose(late[:, 80:], now[:, :-80], rtol=1e-12)


def test_what_is_read_and_changed_after_a_delay_is_refused():
    defaultclock.dt = DT
    senders, receivers, _ = cells()
    both = SynapseModel("both", on_pre={"spike": "g_post += x_pre; x_pre *= 0.5"}, delay=1 * ms)
    with pytest.raises(ModelError, match="'s': model 'both': reads and changes 'x_pre' after a delay of 1"):
        synapses(both, senders, receivers[0], "s", "i == j")
    synapses(replace(both, on_pre={"spike": "x_pre *= 0.5"}), senders, receivers[0], "s", "i == j")


def test_the_time_step_is_that_for_which_it_was_built():
    defaultclock.dt = DT
    senders, receivers, _ = cells()
    wires = synapses(replace(transmit, delay=1 * ms), senders, receivers[0], "s", "i == j")
    with pytest.raises(BrianObjectException) as caught:
        simulate(5 * ms, senders, receivers[0], wires, dt=1 * ms)
    assert "was built for a time step of 0.0001 s and runs with 0.001 s" in str(caught.value.__cause__)


def test_feedback_of_another_trial_brings_the_burst_probability_of_that_trial():
    assert "P_bar_pre" in mirrored_feedback.on_pre["event"]
    chatty = NeuronModel(
        "chatty",
        """
        P_bar = t/(100*ms) : 1
        x = 0 : 1
        x_bar = 0 : 1
        I_top : amp
        fires = steps(t, dt) % 20 == 10 : boolean
        """,
        threshold="fires",
        events={"event": "fires", "burst": "fires and False"},
    )
    defaultclock.dt = 1 * ms
    a, b = neurons(chatty, 1, "a"), neurons(chatty, 1, "b")
    back = synapses(replace(mirrored_feedback, delay=50 * ms), a, b, "s", w=1 * pA)
    watch = StateMonitor(b, "I_top", record=True, name="m")
    simulate(130 * ms, a, b, back, watch, dt=1 * ms)
    arrived = -np.diff(watch.I_top[0] / pA)
    np.testing.assert_allclose(arrived[arrived > 0], [0.1, 0.3, 0.5, 0.7], rtol=1e-9)
