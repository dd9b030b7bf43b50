"""Reduced dendritic tree whose branches make dendritic spikes as stereotyped events [D23].

When a dendrite crosses its threshold, a sodium-like conductance opens and then a potassium-like one. The tree
has no calcium plateau and no critical frequency: for those, see `pyramidal`.

[D23] Pagkalos, Chavlis & Poirazi 2023, Nat Commun 14:131: the tree of Fig. 3, with decaying
conductances; the shape of the somatic spike is that of its back-propagating version
"""

from brian2 import cm, ms, mV, nS, uF, um, uS

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import averages, detector, ports
from dendritic_bp.compartments import Cylinder, coupled

TREE = coupled(
    "dendritic_tree",
    dict(  # folds: 2.8 for all, spines 1.5 [D23]
        soma=Cylinder(25 * um, 25 * um, folds=2.8),  # [D23]
        trunk=Cylinder(100 * um, 2.5 * um, "soma", 2.8 * 1.5, 15 * nS),  # [D23]
        prox=Cylinder(100 * um, 1 * um, "trunk", 2.8 * 1.5, 10 * nS),  # [D23]
        dist=Cylinder(100 * um, 0.5 * um, "prox", 2.8 * 1.5, 4 * nS),  # [D23]
    ),
)
BRANCHES = ("trunk", "prox", "dist")
DSPIKE = """
I_dspike_{0} = I_rise_{0} + I_fall_{0} : amp
I_rise_{0} = g_rise_{0}*(E_Na - v_{0})*exp(-since_{0}/tau_rise) : amp
I_fall_{0} = g_fall_{0}*(E_K - v_{0})*falling_{0} : amp
falling_{0} = exp((T_offset - since_{0})/tau_fall)*int(steps(since_{0}, dt) >= steps(T_offset, dt)) : 1
since_{0} = t - t_{0} - dt : second                   # the currents flow from the next step on
t_{0} : second                                        # of the last dendritic spike
"""

dendritic_tree = NeuronModel.of(
    "dendritic_tree",
    ports,
    detector,
    averages,
    equations=TREE["equations"]
    + "".join(DSPIKE.format(name) for name in BRANCHES)
    + """
I_into_soma = I_s : amp
I_into_trunk = I_dspike_trunk + I_trunk : amp
I_into_prox = I_dspike_prox + I_prox : amp
I_into_dist = I_dspike_dist + I_d : amp
I_trunk : amp                                         # injected
I_prox : amp                                          # injected
v_s = v_soma : volt
v_d = v_dist : volt
t_spike : second
fires = v_soma > theta and steps(t - t_spike, dt) >= steps(T_ref, dt) : boolean
""",
    threshold="fires",
    reset="v_soma = V_peak\nt_spike = t",
    events={"repolarise": "steps(t - t_spike, dt) == steps(T_peak, dt)"}
    | {name: f"v_{name} > V_dspike and steps(t - t_{name}, dt) >= steps(T_dspike, dt)" for name in BRANCHES},
    on_event={"repolarise": "v_soma = V_r"} | {name: f"t_{name} = t" for name in BRANCHES},
    parameters=TREE["parameters"]
    | dict(
        E_L=-70 * mV,  # [D23]
        c_m=1 * uF / cm**2,  # [D23]
        g_leak=40 * uS / cm**2,  # [D23]
        theta=-40 * mV,  # [D23]
        V_peak=40 * mV,  # [D23]
        V_r=-55 * mV,  # [D23] after T_peak
        T_peak=0.8 * ms,  # [D23]
        T_ref=4 * ms,  # [D23]
        V_dspike=-35 * mV,  # [D23]
        T_dspike=5 * ms,  # [D23] refractory
        tau_rise=0.6 * ms,  # [D23]
        T_offset=0.2 * ms,  # [D23]
        tau_fall=1.2 * ms,  # [D23]
        E_Na=70 * mV,  # [D23]
        E_K=-89 * mV,  # [D23]
        g_rise_trunk=34 * nS,  # [D23]
        g_fall_trunk=27.2 * nS,  # [D23]
        g_rise_prox=15.3 * nS,  # [D23]
        g_fall_prox=12.24 * nS,  # [D23]
        g_rise_dist=7 * nS,  # [D23]
        g_fall_dist=5.6 * nS,  # [D23]
    ),
    initial={f"v_{name}": "E_L" for name in ("soma", *BRANCHES)}
    | {f"t_{name}": "-1*second" for name in ("spike", *BRANCHES)},
)
