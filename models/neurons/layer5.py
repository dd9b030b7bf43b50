"""Layer-5 pyramidal cell with calcium spikes: 20 compartments, 9 channels ("model 7" of [B12]).

`layer5("cell")` is a plain SpatialNeuron, which spikes when the soma does; `where["tuft"]` are the
compartments of the tuft, as in `cell.I_electrode[where["tuft"]] = 1 * nA`. All entries of `SECTIONS` can be
changed: `layer5("cell", tuft=dict(g_sca=0 * S))` is a cell without calcium channels.

[B12] Bahl, Stemmler, Herz & Roth 2012, J Neurosci Methods 210, doi:10.1016/j.jneumeth.2012.04.006; program:
      ModelDB 146026, init_model7 with calcium
"""

from collections.abc import Mapping
from typing import Any

from brian2 import Quantity, SpatialNeuron, cm, ms, mV, ohm, psiemens, uF, um, usiemens

from dendritic_bp import ModelError, NeuronModel
from dendritic_bp.cable import Cable, compartments, spatial_neuron, varied
from dendritic_bp.models.channels.ih import ih
from dendritic_bp.models.channels.kca import kca
from dendritic_bp.models.channels.kfast import kfast
from dendritic_bp.models.channels.km import km
from dendritic_bp.models.channels.kslow import kslow
from dendritic_bp.models.channels.leak import leak
from dendritic_bp.models.channels.nap import nap
from dendritic_bp.models.channels.nat import nat
from dendritic_bp.models.channels.sca import sca

CHANNELS = (leak, nat, nap, kfast, kslow, km, ih, sca, kca)
DT = 0.025 * ms  # [B12]
DT_MAX = 0.05 * ms  # chosen here: a back-propagating spike is off by 0.8 mV, and at 0.1 ms by 2.2 mV

membrane = NeuronModel(
    "layer5",
    equations="""
Im = I_leak + I_nat + I_nap + I_kfast + I_kslow + I_km + I_ih + I_sca + I_kca : amp/meter**2
v : volt
I_in = I_electrode + g_syn*(E_syn - v) : amp (point current)
I_electrode : amp                                     # injected
dg_syn/dt = -g_syn/tau_syn : siemens                  # excitatory synapses: g_syn_post += w
"""
    + "".join(channel["equations"] for channel in CHANNELS),
    threshold="v > 0*mV",
    refractory=2 * ms,  # chosen here: one spike per action potential
    method="exponential_euler",
    parameters=dict(
        T_celsius=37.0,  # [B12]
        E_syn=0 * mV,  # chosen here
        tau_syn=2 * ms,  # chosen here
    )
    | {name: value for channel in CHANNELS for name, value in channel.get("parameters", {}).items()},
    initial={name: value for channel in CHANNELS for name, value in channel.get("initial", {}).items()},
)

# All values [B12], but for the start of v: the voltage at rest, measured here.
S = psiemens / um**2
R, C, G = ohm * cm, uF / cm**2, usiemens / cm**2
CORE = dict(R_a=82 * R, C_m=2.372 * C)
AXON = dict(g_leak=46.95 * G, v=-69.55 * mV)

SECTIONS = dict(
    soma=Cable(None, 23.15 * um, 23.15 * um, **CORE, values=AXON | dict(
        g_nat=447.3 * S,
        shift_nat=10 * mV,
        g_nap=0.852 * S,
        g_kfast=43.78 * S,
        g_kslow=190.3 * S,
        g_km=11.05 * S,
    )),
    basal=Cable("soma", 257 * um, 8.745 * um, R_a=734 * R, C_m=2.372 * C, values=AXON | dict(
        g_ih=3.121 * S, v=-70.08 * mV,
    )),
    apical=Cable("soma", 500 * um, 5.928 * um, n=5, R_a=332.92 * R, C_m=1.301 * C, values=dict(
        g_leak=25.75 * G,
        g_nat=[384.8, 299.4, 213.9, 128.5, 0.4086] * S,
        shift_nat=10 * mV,
        g_kfast=[17.96, 5.310, 1.570, 0.4642, 0.0746] * S,
        g_kslow=[61.97, 13.36, 2.882, 0.6214, 0.0622] * S,
        g_ih=[5.687, 13.46, 21.24, 29.01, 40.67] * S,
        v=[-69.20, -68.49, -67.80, -67.16, -66.61] * mV,
    )),
    tuft=Cable("apical", 499 * um, 6.018 * um, n=2, R_a=527 * R, C_m=1.301 * C, values=dict(
        g_leak=25.75 * G,
        g_nat=0.4086 * S,
        shift_nat=10 * mV,
        g_kfast=[0.0163, 0.00017] * S,
        g_kslow=[0.00918, 3e-5] * S,
        g_ih=40.67 * S,
        g_sca=2.81 * S,
        g_kca=9.55 * S,
        v=[-65.60, -64.92] * mV,
    )),
    hillock=Cable("soma", 20 * um, [3.5, 2.0] * um, n=5, **CORE, values=AXON | dict(
        g_nat=8171 * S, shift_nat=10 * mV,
    )),
    iseg=Cable("hillock", 25 * um, [2.0, 1.5] * um, n=5, **CORE, values=AXON | dict(
        g_nat=19583 * S, shift_nat=(10 - 5.357) * mV,
    )),
    axon=Cable("iseg", 500 * um, 1.5 * um, **CORE, values=AXON | dict(v=-71.27 * mV)),
)  # fmt: skip
where = compartments(SECTIONS)


def layer5(
    name: str,
    dt: Quantity = DT,
    model: NeuronModel = membrane,
    namespace: Mapping[str, Any] | None = None,
    n: int = 1,
    **changes: Mapping[str, Any],
) -> SpatialNeuron:
    """Build the cell, or `n` of them; `changes` are those of sections, by name. Raises ModelError."""
    if not 0 * ms < dt <= DT_MAX:
        raise ModelError(f"{model}, dt = {dt}: the sodium activation m_nat needs {DT}, at most {DT_MAX}")
    cables = varied(model, SECTIONS, changes)
    return spatial_neuron(model, cables, name, CORE["R_a"], dt, namespace, n)
