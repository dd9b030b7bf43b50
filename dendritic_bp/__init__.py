"""Spiking networks that learn through bursts and apical dendrites, in plain Brian2.

`neurons` and `synapses` turn a model, which is equation text and a table of quantities, into Brian2 objects;
`Program` compiles a protocol, which builds and runs a network, once and runs it many times; `sweep` does so
on all cores. `dendritic_bp.models` has neurons, synapses and rules to start from. From the command line:

    python -m dendritic_bp run                      which experiments there are
    python -m dendritic_bp run xor --quick          one of them, with its flags
    python -m dendritic_bp doctor                   what is wrong on this machine, if anything is
"""

from importlib.metadata import version

from dendritic_bp import backend  # noqa: F401  (first: Brian2 imports matplotlib)
from dendritic_bp.alone import show_alone
from dendritic_bp.build import neurons, synapses
from dendritic_bp.endings import keep_ignoring_interrupts
from dendritic_bp.errors import ModelError, UserError
from dendritic_bp.model import NeuronModel, SynapseModel
from dendritic_bp.program import Program
from dendritic_bp.storage import read_run
from dendritic_bp.sweep import sweep

show_alone()
keep_ignoring_interrupts()
__version__ = version("dendritic_bp")
__all__ = [
    "ModelError",
    "NeuronModel",
    "Program",
    "SynapseModel",
    "UserError",
    "neurons",
    "read_run",
    "sweep",
    "synapses",
]
