from dataclasses import replace

import pytest
from brian2 import Network, defaultclock, ms, mV, nS, us, volt

from dendritic_bp import NeuronModel, neurons
from dendritic_bp.errors import ModelError
from dendritic_bp.program import Program

leaky = NeuronModel(
    "leaky",
    "dv/dt = g*(E_L - v)/C : volt\nC : farad (shared)",
    threshold="v > E_t",
    parameters=dict(g=10 * nS, E_L=-70 * mV, E_t=-50 * mV),
    limits={
        "E_t > E_L": "it would fire at rest",
        "g >= 0*nS": "no conductance is negative",
        "dt <= 1*ms": "slow",
    },
)


def test_numbers_outside_the_limits_are_refused_when_the_group_is_built():
    with pytest.raises(
        ModelError, match=r"'cells': model 'leaky' needs E_t > E_L \(it would fire.*E_t = -80. mV, E_L"
    ):
        neurons(leaky, 2, "cells", E_t=-80 * mV)
    with pytest.raises(ModelError, match="needs g >= 0.*g = -1. nS"):
        neurons(leaky, 2, "cells", g=-1 * nS)
    neurons(leaky, 2, "cells", E_t="-80*mV")  # an expression: left to the run


def test_one_cell_outside_is_enough():
    each = leaky.with_equations("g : siemens (constant)")
    with pytest.raises(ModelError, match="g = -1. nS to 3. nS"):
        neurons(each, 2, "cells", g=[3, -1] * nS)


def test_a_step_longer_than_a_time_constant_is_refused_where_it_would_explode():
    fast = NeuronModel("fast", "dv/dt = -v/tau_v : 1", threshold="False", parameters=dict(tau_v=20 * us))
    with pytest.raises(ModelError, match=r"needs tau_v >= dt .* but has tau_v = 20. us, dt = 100. us"):
        neurons(fast, 2, "cells")
    neurons(replace(fast, method="exact"), 2, "cells")


def test_a_potential_in_volts_is_taken_for_a_slip():
    with pytest.raises(ModelError, match=r"'cells': model 'leaky' needs abs\(E_L\) <= 1\*volt \(.* mV"):
        neurons(leaky, 2, "cells", E_L=-70 * volt, E_t=-50 * volt)


def test_the_time_step_has_a_limit_too():
    before, defaultclock.dt = defaultclock.dt, 2 * ms
    try:
        with pytest.raises(ModelError, match="dt = 2. ms"):
            neurons(leaky, 2, "cells")
    finally:
        defaultclock.dt = before


def test_values_of_a_run_are_refused_before_anything_is_compiled():
    def protocol():
        network = Network(neurons(leaky, 2, "cells"))
        network.run(1 * ms, namespace={})
        return network

    program = Program(protocol, "limited")
    program.check({"cells.E_t": -60 * mV})
    with pytest.raises(ModelError, match="'cells': model 'leaky' needs E_t > E_L"):
        program.run(values={"cells.E_t": -75 * mV})
    assert program._binary is None


def test_a_limit_speaks_of_what_the_model_declares():
    with pytest.raises(ModelError, match="limit, `E_x > E_L`: 'E_x' is not declared"):
        leaky.with_equations(limits={"E_x > E_L": ""})
    assert set(leaky.with_equations(limits={"E_L < 0*mV": ""}).limits) == {*leaky.limits, "E_L < 0*mV"}
