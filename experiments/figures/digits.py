"""The figures of `digits.py`, drawn from the data of a run alone."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from dendritic_bp import plotting, trains
from dendritic_bp.analysis import NO_ANSWER
from dendritic_bp.figure_files import Drawings

VOLTAGE_TRIALS = 3


def figures(data: xr.Dataset, summary: Mapping[str, float]) -> Drawings:
    """Draw all figures of a run."""
    return Drawings(
        {
            "raster": lambda: _raster(data),
            "voltages": lambda: _voltages(data),
            "learning": lambda: _learning(data, summary),
            "angles": lambda: _angles(data),
            "receptive_fields": lambda: _receptive_fields(data),
            "confusion": lambda: _confusion(data),
        }
    )


def _teaching(data: xr.Dataset) -> list[tuple[float, float]]:
    """Return when the teacher was on (s) in the trials shown."""
    length = float(data.trial)
    return [(k * length + float(data.taught_from), (k + 1) * length) for k in range(data.sizes["shown"])]


def _raster(data: xr.Dataset) -> Figure:
    """Show one trial of each class."""
    drawing = plotting.figure(plotting.PAGE, 5.2)
    axes, known = plotting.panels(drawing)[0, 0], trains.read(data)
    layers = [plotting.Layer.of(str(name), known[str(name)]) for name in data.population.values]
    length = float(data.trial)
    trials = {k * length: f"“{label}”" for k, label in enumerate(data.shown_label.values)}
    plotting.raster(axes, layers, (0, len(trials) * length), _teaching(data), trials)
    return drawing


def _voltages(data: xr.Dataset) -> Figure:
    """Show the most active recorded cell of each layer."""
    drawing = plotting.figure(plotting.PAGE, 1.2 * data.population.size + 0.4)
    axes = plotting.panels(drawing, data.population.size, sharex=True)[:, 0]
    stop = VOLTAGE_TRIALS * float(data.trial)
    window, known = data.time.values < stop, trains.read(data)
    soma, apical, names, spikes = [], [], [], []
    for layer in data.population.values:
        of_each, probed = known[str(layer)].of_each_cell(), data[f"{layer}_probed"].values
        fired = [of_each[cell][of_each[cell] < stop] for cell in probed]
        best = int(np.argmax([times.size for times in fired]))
        soma.append(data[f"{layer}_v_s"].values[best, window])
        apical.append(data[f"{layer}_v_d"].values[best, window])
        names.append(f"{layer}, cell {probed[best]}")
        spikes.append(fired[best])
    plotting.traces(
        axes, data.time.values[window], soma, apical, names, spikes, _teaching(data)[:VOLTAGE_TRIALS]
    )
    return drawing


def _learning(data: xr.Dataset, summary: Mapping[str, float]) -> Figure:
    """Show the accuracy over training, with the controls if they were run."""
    drawing = plotting.figure(plotting.COLUMN, 2.8)
    axes = plotting.panels(drawing)[0, 0]
    epochs = np.arange(1, data.sizes["epoch"] + 1)
    curves = {str(run): data.validation_accuracy.sel(run=run).values for run in data.run.values}
    linear = {"linear classifier (test)": summary["linear_classifier_test_accuracy"]}
    plotting.learning_curves(axes, epochs, curves, linear, ylabel="Validation accuracy (one trial)")
    return drawing


def _angles(data: xr.Dataset) -> Figure:
    """Show the angle between weight changes and the negative gradient, over training."""
    drawing = plotting.figure(plotting.COLUMN, 2.8)
    axes = plotting.panels(drawing)[0, 0]
    curves = {str(layer): data.angle_deg.sel(layer=layer).values for layer in data.layer.values}
    curves["hidden1, biases fixed"] = data.angle_deg_fixed_bias.sel(layer="hidden1").values
    plotting.angles(axes, data.probe_epoch.values, curves)
    return drawing


def _receptive_fields(data: xr.Dataset) -> Figure:
    """Show the weights from each pixel, summed over its input cells."""
    drawing = plotting.figure(plotting.PAGE, 4)
    axes = plotting.panels(drawing)[0, 0]
    weights = data.w_forward1.values
    pixels = weights.reshape(len(weights), -1, int(data.copies)).sum(axis=2)
    shape = tuple(data.image_shape.values.tolist()) if "image_shape" in data else None
    plotting.receptive_fields(axes, pixels, shape)
    return drawing


def _confusion(data: xr.Dataset) -> Figure:
    drawing = plotting.figure(plotting.COLUMN, 3.2)
    answers = data.test_label.values, data.test_predicted.values
    classes = int(data.get("classes", 10))  # a run of an earlier version does not say
    plotting.confusion(plotting.panels(drawing)[0, 0], *answers, classes, NO_ANSWER)
    return drawing
