"""Cell whose apical dendrite is cut off from its soma, which spikes as a Poisson process [G17].

A spike is a postsynaptic potential kappa(t) = (exp(-t/tau_L) - exp(-t/tau_s))/(tau_L - tau_s) in whoever gets
it, weighted by the synapse: forward synapses add w*kick to `x_b`, feedback synapses to `x_a`, where `kick` is
1/tau_s in short steps, and makes kappa exact in long ones. `psp` is the same without a weight, of the cell's
own spikes, for plasticity.

A trial has two phases; `free(t)` and `taught(t)` are 1 in them, `since(t)` is the time (ms) since the phase
began, and `end(t)` is 1 in the last step of the trial. Means are taken from T_settle on (1: free, 2: taught).
At the end of each phase a hidden cell has a plateau, `alpha`; it may come `early`, by up to T_early, and then
so do the means of the apical potential. The event `close` comes once, at the trial's end: then synapses learn
from `credit`. Potentials are in units of D, which is called 1 mV.

[G17] Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901, and the authors' program
"""

from brian2 import Hz, ms, mV

from dendritic_bp import NeuronModel
from dendritic_bp.blocks import Block
from dendritic_bp.limits import rate

sender: Block = dict(
    equations="""
u = rand() : 1 (constant over dt)
fires = u < rate*dt : boolean
dpsp/dt = (y - psp)/tau_L : Hz
dy/dt = -y/tau_s : Hz
kick = (exp(-dt/tau_L) - exp(-dt/tau_s))/((tau_L - tau_s)*(1 - exp(-dt/tau_L))) : Hz (shared)
settled = int(steps(since(t)*ms, dt) >= steps(T_settle, dt)) : 1
dpsp_1/dt = free(t)*settled*psp/T_mean : Hz           # mean of the free phase
""",
    reset="y += kick",
    parameters=dict(
        tau_L=10 * ms,  # [G17]
        tau_s=3 * ms,  # [G17]
        T_settle=30 * ms,  # [G17]
        T_mean=22 * ms,  # [G17] the rest of a phase: 50 ms and 2 ms, the mean of their random part
    ),
    namespace=("since", "free"),
)

segregated_input = NeuronModel.of(
    "segregated_input",
    sender,
    equations="rate : Hz",
    threshold="fires",
    method="exponential_euler",
    events={"close": "end(t) > 0.5 and psp_1 > 0*Hz"},
    limits=rate("rate"),
    namespace=("end",),
)

segregated = NeuronModel.of(
    "segregated",
    sender,
    equations="""
dV/dt = -g_L*V + g_B*(V_b - V) + g_A*(V_a - V) + g_E*(E_E - V) + g_I*(E_I - V) : volt     # soma
V_b = v_b + b : volt                                  # basal dendrite
dv_b/dt = (x_b - v_b)/tau_L : volt
dx_b/dt = -x_b/tau_s : volt
b : volt                                              # excitability, which learns
V_a = v_a : volt                                      # apical dendrite
dv_a/dt = (x_a - v_a)/tau_L : volt
dx_a/dt = -x_a/tau_s : volt
s = 1/(1 + exp(-V/D)) : 1
rate = r_max*s : Hz
g_E = 0*Hz : Hz                                       # of the teacher
g_I = 0*Hz : Hz
dV_1/dt = free(t)*settled*V/T_mean : volt
s_1 = 1/(1 + exp(-V_1/D)) : 1
slope = k*s_1*(1 - s_1) : 1                           # how the rate follows the basal dendrite, over r_max
k = g_B/(g_L + g_B + g_A) : 1
""",
    threshold="fires",
    events={"close": "end(t) > 0.5"},
    parameters=dict(
        r_max=200 * Hz,  # [G17]
        D=1 * mV,  # [G17] without a unit
        g_L=0.1 / ms,  # [G17]
        g_B=0.6 / ms,  # [G17]
        g_A=0 / ms,  # [G17] 0, or 0.05 and 0.6
        E_E=8 * mV,  # [G17]
        E_I=-8 * mV,  # [G17]
        gain=20.0,  # [G17] P_0 r_max, P_1 r_max^2
        eta_b=0.21 * mV,  # [G17]
    ),
    namespace=("end", "taught"),
    method="exponential_euler",
)

LEARNS = "b += learning(t)*eta_b*credit"

segregated_hidden = segregated.with_equations(
    """
credit = gain*slope*(alpha_2 - alpha_1) : 1
alpha_1 = 1/(1 + exp(-A_1/D)) : 1                     # plateaus
alpha_2 = 1/(1 + exp(-A_2/D)) : 1
dA_1/dt = free(t)*in_time_1*V_a/T_mean : volt
dA_2/dt = taught(t)*in_time_2*V_a/T_mean : volt
later_1 = steps(since(t)*ms + early_1, dt) - steps(T_settle, dt) : 1
later_2 = steps(since(t)*ms + early_2, dt) - steps(T_settle, dt) : 1
in_time_1 = int(later_1 >= 0)*int(later_1 < steps(T_mean, dt)) : 1
in_time_2 = int(later_2 >= 0)*int(later_2 < steps(T_mean, dt)) : 1
early_1 : second
early_2 : second
""",
    name="segregated_hidden",
    on_event={
        "close": f"""
{LEARNS}
early_1 = dt*floor(clip(abs(sd_early*randn()), 0*ms, T_early)/dt)
early_2 = dt*floor(clip(abs(sd_early*randn()), 0*ms, T_early)/dt)
"""
    },
    parameters=dict(
        sd_early=0 * ms,  # [G17] 0, or sqrt(3) ms
        T_early=5 * ms,  # [G17]
    ),
    namespace=("learning",),
)

segregated_output = segregated.with_equations(
    """
credit = gain*slope*(r_2 - s_1) : 1
dr_2/dt = taught(t)*settled*s/T_mean : 1              # mean rate while taught, over r_max
right = int(i == int(label(t))) : 1
g_E = taught(t)*right/ms : Hz
g_I = taught(t)*(1 - right)/ms : Hz
""",
    name="segregated_output",
    events=segregated.events | {"tick": "ticking > 0.5"},
    on_event={"close": LEARNS},
    parameters=dict(ticking=0.0),  # 1: rates go down in place of spikes, in each step
    namespace=("label", "learning"),
)
