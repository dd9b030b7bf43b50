"""Calcium-like signals of soma and apical dendrite, as imaging sees them: slow traces of spikes and bursts.

Every spike adds to the signal of the soma and, as it propagates back, less to that of the dendrite; the
plateau of a burst adds to the dendrite alone. Both decay slowly:

    imaged = with_calcium(burst_poisson)

All values chosen here: they are those of no indicator, and the ratio of plateau to spike is free.
"""

from dataclasses import replace

from brian2 import ms

from dendritic_bp import NeuronModel

CALCIUM = dict(
    equations="""
dCa_s/dt = -Ca_s/tau_Ca : 1                           # of the soma, in units of what a spike adds
dCa_d/dt = -Ca_d/tau_Ca : 1                           # of the apical dendrite
""",
    parameters=dict(
        tau_Ca=500 * ms,  # chosen here
        Ca_bap=0.5,  # chosen here: of a spike that propagates back into the dendrite
        Ca_plateau=2.0,  # chosen here: of the plateau of a burst
    ),
)


def with_calcium(model: NeuronModel) -> NeuronModel:
    """Return a model with events and bursts that has calcium signals too."""
    return replace(
        model.with_equations(**CALCIUM),
        reset=f"{model.reset}\nCa_s += 1\nCa_d += Ca_bap",
        on_event=model.on_event | {"burst": f"{model.on_event['burst']}; Ca_d += Ca_plateau"},
    )
