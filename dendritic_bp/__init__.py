"""Spiking networks that learn through bursts and apical dendrites, in plain Brian2."""

from dendritic_bp import backend  # noqa: F401  (first: Brian2 imports matplotlib)
from dendritic_bp.build import neurons, synapses
from dendritic_bp.errors import ModelError, UserError
from dendritic_bp.model import NeuronModel, SynapseModel

__all__ = ["ModelError", "NeuronModel", "SynapseModel", "UserError", "neurons", "synapses"]
