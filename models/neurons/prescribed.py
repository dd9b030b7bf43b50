"""Cell that fires when it is told to, with the detector and averages of all others: for pairing protocols.

`train` holds one spike time a row and one cell a column, as a `TimedArray` with a step of one second; after
its last spike, a cell is told a time that never comes. Other trains: `replace(prescribed, reset=...)`.
"""

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector

prescribed = NeuronModel.of(
    "prescribed",
    detector,
    averages,
    equations="""
t_next : second                                       # when the next spike is due
n : integer                                           # spikes so far
fires = steps(t, dt) >= steps(t_next, dt) : boolean
""",
    threshold="fires",
    reset="""
n += 1
t_next = train(n*second, i)
""",
    initial=dict(t_next="train(0*second, i)"),
    namespace=("train",),
)
