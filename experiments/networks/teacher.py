"""The teacher: it compares the mean event rate of each class with what is wanted, and sends the difference.

Without `rivals`, each class has a target rate. With `rivals`, the classes compete: a shared pool adds up
exp(r/r_soft) over the classes, as inhibition that divides, and what is wanted is a class's share of it: the
gradient of the cross-entropy. The teacher is silent once the right class is several r_soft ahead.

The pool is a step late: at each event of a class of n cells its share is too large, for one step, by
exp(1/(n tau_r r_soft)), and by the power of k if k of them fire at once. Apical dendrites hardly notice it.
Somata, which a teacher makes fire together, get a kick of the wrong sign; `prompt` lets the pool see what the
class sees.

With `chooses`, the network answers while `deciding`: by the class whose rate, with noise on it, is highest,
so that each answers as often as its share says [G54], and in `p_explore` of all trials by any class. Of the
label only the reward R is left, 1 for a right answer and 0 for a wrong one. After a right answer all classes
are told what a label would tell them: over many answers the gradient of the cross-entropy, each image
weighed by how often its class is chosen [W92]. After a wrong one the chosen class alone is told to give up
its share [RO05]; which other would have been right nobody knows.

[G54] Gumbel 1954: the highest of x_i + noise is i with probability exp(x_i)/sum
[RO05] Roelfsema & van Ooyen 2005, Neural Comput 17 (AGREL: only the chosen unit learns)
[W92] Williams 1992, Mach Learn 8 (REINFORCE)
"""

from typing import Any

import numpy as np
from brian2 import Hz, NeuronGroup, Synapses, TimedArray, linked_var, ms

TEACHER = """
dr/dt = -updating*r/tau_r : Hz                        # event rate, averaged over the cells of the class
updating = 1 - hold*teaching(t) : 1 (constant over dt)    # hold = 1: keeps to the rate before teaching
current = gain*teaching(t)*error : amp (constant over dt)
tau_r : second (shared, constant)
gain : amp*second (shared, constant)
hold : 1 (shared, constant)
"""
TARGETS = """
error = asked - r : Hz
asked = r_low + (r_high - r_low)*wanted : Hz (constant over dt)
r_low : Hz (shared, constant)
r_high : Hz (shared, constant)
"""
SHARES = """
error = r_soft*(wanted - exp(r/r_soft)/pool) : Hz
pool : 1 (linked)
r_soft : Hz (shared, constant)
"""
CHOICE = """
error = r_soft*(R*chosen - told*exp(r/r_soft)/pool) : Hz
told = R + (1 - R)*chosen : 1                         # right: all classes; wrong: the chosen one
chosen = int(beaten < 0.5) : 1
beaten : 1                                            # number of classes with a higher score
score : Hz
pool : 1 (linked)
R : 1 (linked)
r_soft : Hz (shared, constant)
r_explore : Hz (shared, constant)
p_explore : 1 (shared, constant)
u : 1 (shared)                                        # uniform, anew for each answer
"""
DECIDE = """
u = rand()
score = (1 - deciding(t))*score + deciding(t)*(r*int(u > p_explore) - r_explore*log(-log(rand())))
"""
JUDGE = """
R : 1                                                 # 1 if the answer is right, else 0
n_reward : 1                                          # of this trial
"""
REWARD = """
total : 1
right : 1
success = right - log(total + 1e-12) : 1              # logarithm of the share of the right class
"""
WEIGHED = """
total_post = exp(r_pre/r_soft_pre) : 1 (summed)
right_post = wanted_pre*r_pre/r_soft_pre : 1 (summed)
"""
# chosen here
START = dict(tau_r=50 * ms, hold=0)
RATES = dict(r_low=4 * Hz, r_high=30 * Hz)
RIVALS = dict(r_soft=2 * Hz)
CHOICES = dict(r_explore=1.4 * Hz, p_explore=0.3)
BIN = 20 * ms
BY_CLASS = "int(abs(label(t) - i) < 0.5)"


def teacher(
    output: NeuronGroup,
    classes: int,
    tables: dict[str, TimedArray],
    wanted: str = BY_CLASS,
    rivals: bool = False,
    prompt: bool = False,
    chooses: bool = False,
    **values: Any,
) -> list[NeuronGroup | Synapses]:
    """Teach the output, equal parts of which stand for the classes, by a current into its apical dendrites.

    `wanted` says from 0 to 1 where, between `r_low` and `r_high`, the target of class i is, or its share.
    """
    voters = output.N // classes
    kind = CHOICE if chooses else SHARES if rivals else TARGETS
    equations = f"{TEACHER}{kind}wanted = {wanted} : 1"
    group = NeuronGroup(classes, equations, method="euler", name="teacher", namespace=tables)
    usual = START | (RIVALS if rivals else RATES) | (CHOICES if chooses else {})
    for name, value in (usual | values).items():
        setattr(group, name, value)
    watch = Synapses(
        output,
        group,
        on_pre={"pre_event": f"r_post += updating_post/({voters}*tau_r_post)"},
        on_event={"pre_event": "event"},
        name="watch",
    )
    watch.connect(j=f"i//{voters}")
    for name, sent in dict(I_teacher="current", r_asked="asked").items():
        if name in output.equations:
            setattr(output, name, linked_var(group, sent, index=np.repeat(np.arange(classes), voters)))
    pool = _pool(group, prompt) if rivals else ()
    return [group, watch, *pool, *(_choice(group) if chooses else ())]


def _choice(group: NeuronGroup) -> list[NeuronGroup | Synapses]:
    """Let the class with the highest score answer, and judge it."""
    group.run_regularly(DECIDE, dt=BIN, name="decide")
    compare = Synapses(
        group, group, "beaten_post = int(score_pre > score_post) : 1 (summed)", name="comparing"
    )
    compare.connect(condition="i != j")
    judge = NeuronGroup(1, JUDGE, name="judge")
    judge.run_regularly("n_reward = R", dt=BIN, when="end", name="judging")
    right = "R_post = chosen_pre*wanted_pre : 1 (summed)"
    tell = Synapses(group, judge, right, name="telling", namespace=group.namespace)
    tell.connect()
    group.R = linked_var(judge, "R", index=np.zeros(group.N, int))
    return [compare, judge, tell]


def reward(layers: list[NeuronGroup], group: NeuronGroup) -> list[NeuronGroup | Synapses]:
    """Tell all cells of the layers one number: how well the classes that compete answer."""
    judge = NeuronGroup(1, REWARD, name="reward")
    weigh = Synapses(group, judge, WEIGHED, name="weighing", namespace=group.namespace)
    weigh.connect()
    for layer in layers:
        layer.success = linked_var(judge, "success", index=np.zeros(layer.N, int))
    return [judge, weigh]


def _pool(group: NeuronGroup, prompt: bool) -> tuple[NeuronGroup, Synapses]:
    """Add up exp(r/r_soft) over the classes, and let each of them know the sum."""
    pool = NeuronGroup(1, "total : 1", name="pool")
    pool.total = 1
    add = Synapses(group, pool, "total_post = exp(r_pre/r_soft_pre) : 1 (summed)", name="pooling")
    add.connect()
    if prompt:  # added up ahead of `current`, not with the state of the cells after it
        sums = add.summed_updaters["total_post"]
        sums.when, sums.order = "before_start", -1
    group.pool = linked_var(pool, "total", index=np.zeros(group.N, int))
    return pool, add
