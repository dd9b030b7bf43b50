"""Figures of experiments say what was seen, and nothing that was not."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from brian2 import mV

from dendritic_bp import plotting

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
import bac_firing
import nmda_plateau


def coincidence(bursts):
    heights, delays = bac_firing.HEIGHTS, bac_firing.DELAYS
    found = np.full((len(heights), len(delays)), bursts, dtype="int8")
    return xr.Dataset(
        {"n_spikes": (("height", "delay"), 1 + found), "burst": (("height", "delay"), found)},
        coords={"height": heights * 1e-12, "delay": delays * 1e-3},
    )


@pytest.mark.parametrize(
    ("bursts", "summary", "words"),
    [
        (0, {}, "No bursts, with a spike and up to 1500 pA"),
        (1, {"threshold_reduction_percent": 63.2}, "a spike lowers the threshold by 63 %"),
        (1, {"threshold_reduction_percent": -10.0}, "a spike raises the threshold by 10 %"),
        (1, {"threshold_paired_pa": 300.0}, "one of the two thresholds was not found"),
    ],
)
def test_the_window_of_coincidence_claims_no_threshold_that_was_not_seen(bursts, summary, words):
    axes = plotting.panels(plotting.figure(plotting.PAGE, 2.4))[0, 0]
    bac_firing.draw_window(axes, coincidence(bursts), summary)
    axes.figure.canvas.draw()
    assert words in axes.get_title("left")


def test_phase_lines_follow_the_cells_and_are_the_reference_only_if_nothing_is_changed():
    lines = nmda_plateau.block_lines({"cells.E_L": -60 * mV, "wires.w": 3})
    assert float(lines.v_hold[0]) == pytest.approx(-0.060, abs=1e-4)
    assert not lines.attrs["as_reference"]
    lines = nmda_plateau.block_lines({})
    assert float(lines.v_hold[0]) == pytest.approx(-0.070, abs=1e-4)
    assert lines.attrs["as_reference"]
    line = lines.g_hold.sel(block="steeper block")
    np.testing.assert_allclose(
        nmda_plateau.folds(lines.v_hold, line), nmda_plateau.REFERENCE_FOLDS, atol=0.01
    )
