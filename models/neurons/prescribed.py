"""Cell that fires when it is told to, with the detector and averages of all others: for pairing protocols.

`train` holds one spike time a row and one cell a column, as a `TimedArray` with a step of one second; after
its last spike, a cell is told a time that never comes. Other trains: `replace(prescribed, reset=...)`.
"""

from brian2 import amp, second

from dendritic_bp import NeuronModel
from dendritic_bp.models.neurons import _shared

prescribed = NeuronModel(
    "prescribed",
    equations="""
t_next : second                                       # when the next spike is due
n : integer                                           # spikes so far
fires = steps(t, dt) >= steps(t_next, dt) : boolean
I_bias : amp                                          # named by ON_EVENT; without effect
"""
    + _shared.DETECTOR
    + _shared.AVERAGES,
    threshold="fires",
    reset="""
n += 1
t_next = train(n*second, i)
"""
    + _shared.DETECTOR_RESET,
    events=_shared.DETECTOR_EVENTS,
    on_event=_shared.ON_EVENT,
    parameters={name: _shared.PARAMETERS[name] for name in ("T_burst", "memory", "tau_x", "tau_x_bar")}
    | {name: _shared.PARAMETERS[name] for name in ("tau_avg", "averaging")}
    | dict(eta_bias=0 * amp),
    initial=dict(t_window=-1 * second, t_next="train(0*second, i)"),
    namespace=("train",),
)
