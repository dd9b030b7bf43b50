import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
from measures import code_objects, fused, speed

CODE = """
const size_t _numdt = 1;
const size_t _numv_s = 3;
const size_t _numtau_s = 1;
    double*   _ptr_array_defaultclock_dt = _array_defaultclock_dt;
    double* __restrict  _ptr_array_inputs_v_s = _array_inputs_v_s;
    double*   _ptr_array_inputs_tau_s = _array_inputs_tau_s;
"""


def test_arrays_of_the_limit_hold_the_means_of_the_run():
    run = {"inputs.v_s": np.array([-0.07, -0.06, -0.05]), "inputs.tau_s": 0.016}
    assert dict(fused._arrays(CODE, run)) == {
        "defaultclock_dt": "double _array_defaultclock_dt[1] = {0.0001};",
        "inputs_v_s": "double _array_inputs_v_s[3] = {-0.06, -0.06, -0.06};".replace(
            "-0.06", repr(np.mean(run["inputs.v_s"]).item())
        ),
        "inputs_tau_s": "double _array_inputs_tau_s[1] = {0.016};",
    }


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("hidden_stateupdater", "neurons"),
        ("hidden_spike_thresholder", "neurons"),
        ("output_background", "background"),
        ("inputs_hidden_post_event", "plasticity"),
        ("inputs_hidden_inhibition_pre_event", "forward"),
        ("output_excites_hidden1_pre_burst", "backward"),
        ("inputs_watch_pre_event", "recording"),
    ],
)
def test_each_code_object_belongs_to_a_part(name, part):
    assert code_objects.part(name) == part


def test_slope_is_the_exponent():
    sizes = np.array([1e5, 4e5, 1e7])
    assert speed._slope(sizes, list(3 * sizes**0.9)) == pytest.approx(0.9)


def test_timed_networks_have_the_published_sizes():
    design = speed._design(speed.LONG)
    assert (5 * design.cells, design.inputs) == (2500, 100)
    assert design.simulated_s == pytest.approx(20.48)
    bins = np.array([float(speed._design(s).bin) for s in (speed.LONG, speed.SHORT)]) / 1e-4
    assert bins == pytest.approx(np.round(bins), rel=1e-9)
    assert [5 * n for n in speed.CELLS] == [500, 2500, 12_500, 50_000]
    assert [16 * 1000 * k for k in speed.SYNAPSES] == [1e5, 4e5, 1.6e6, 1e7]


def test_shares_leave_out_the_reading_of_the_clock(tmp_path):
    profile = tmp_path / "profiling_info.txt"
    profile.write_text(
        "a_stateupdater_codeobject 3.0\na_stateupdater_codeobject_1 1.0\nb_background_codeobject 2.0\n"
    )
    shares = code_objects.shares(profile, simulated_s=1)
    assert shares == {"a_stateupdater": 1.0, "b_background": 0.0}
    found = code_objects.costs({"a_stateupdater": 0.75, "b_background": 0.25}, cost=2)
    assert found["neurons_cpu_s_per_simulated_s"] == 1.5 and found["background_share"] == 0.25
