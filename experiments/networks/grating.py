"""A grating that two groups of cells turn, an eye that sees it, and cells that tell what is wrong with it.

The closed loop from events to angle, error and reward is in equations. All values chosen here.
"""

from brian2 import Hz, ms, second

from dendritic_bp import NeuronModel, SynapseModel
from dendritic_bp.models.neurons.poisson import poisson

eye = poisson.with_equations(
    """
drive = r_grey + r_seen*shown(t)*exp(-0.5*((theta - theta_best)/width)**2) : Hz
theta : 1 (linked)
theta_best : 1
dx_bar/dt = (x - x_bar)/tau_x_bar : 1
""",
    parameters=dict(r_grey=3 * Hz, r_seen=25 * Hz, width=30.0, tau_x_bar=5 * second),
    namespace=("shown",),
)

grating = NeuronModel(
    "grating",
    """
dr/dt = -r/tau_r : Hz                                 # mean event rate of P+, less that of P-
turn = k*(r - r_rest)*free : Hz                       # degrees a second
free = shown(t)*(1 - done) : 1
dtheta/dt = turn : 1                                  # angle in degrees: 0 at first
done : 1                                              # the target was reached in this trial
dreward/dt = -reward/tau_reward : 1
usual : 1                                             # share of trials with a reward, of late
tried : 1                                             # there was a teacher in this trial
error = free*(theta_T - theta)/theta_T : 1
told = watching(t)*turn/turn_1 + teaching(t)*(error + reward_gain*reward) : 1 (constant over dt)
dturn_bar/dt = teaching(t)*(turn - turn_bar)/tau_bar : Hz
progress = teaching(t)*free*(turn - turn_bar)/turn_1 : 1 (constant over dt)
""",
    threshold="False",
    events={"hit": "theta >= theta_T and done < 0.5"},
    on_event={"hit": "done = 1; reward += teaching(t)*(1 - usual)"},
    parameters=dict(
        tau_r=200 * ms,
        k=8.0,
        r_rest=0 * Hz,  # the experimenter's, from the first session
        theta_T=45.0,
        theta_max=90.0,
        tau_reward=300 * ms,
        reward_gain=3.0,
        turn_1=40 * Hz,
        tau_bar=20 * second,
        n_usual=20.0,
    ),
    namespace=("shown", "watching", "teaching"),
)
BEGIN = """
usual += tried*(done - usual)/n_usual
theta = 0
done = 0
tried = 0
"""
EACH_STEP = """
theta = clip(theta, -theta_max, theta_max)
tried = int(tried + teaching(t) > 0)
"""

sender = poisson.with_equations(  # half of them are for "on to the target", half for "away from it"
    """
drive = r_0*clip(1 + way*told, 0, 4) : Hz
told : 1 (linked)
way : 1
""",
    parameters=dict(r_0=20 * Hz),
)

decoder = SynapseModel("decoder", "d : 1", on_pre={"event": "r_post += d/tau_r_post"})
