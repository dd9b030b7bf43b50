"""The neurons, synapses, channels and rules that come with the library, in files that are meant to be copied.

They are in the folder `models` of the source. Import them by this name, which no `models.py` of yours can
hide: `from dendritic_bp.models.neurons.burst_poisson import burst_poisson`.
"""

from dendritic_bp.source import folder

__path__ = [str(folder("models"))]
