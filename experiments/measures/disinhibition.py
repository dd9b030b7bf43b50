"""What `disinhibition.py` measures: event rate and burst probability over dendritic current."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from dendritic_bp.analysis import burst_probability, rates
from dendritic_bp.runs import Run

STAIR = 1.0  # s on each step of the dendritic current, of which the last half counts
PC_PER_SOM = dict(transfer=10, loop=5)
LEVEL = 0.2  # chosen here: burst probability at which shifts are read
BASE = ("SOM strength", "full")
MODULATED = ("SOM strength", "VIP input", "VIP cells", "Facilitation", "Plateau")


def curves(runs: Mapping[tuple[str, str], Run], kind: str, stairs: np.ndarray, n: int) -> xr.Dataset:
    """Return the rates of each curve at each dendritic current (pA), named after `kind`."""
    edges = np.arange(2 * stairs.size + 1) * STAIR / 2
    counted = {"event": ("events.t", n), "burst": ("bursts.t", n)}
    if kind in PC_PER_SOM:
        counted["som"] = ("som_spikes.t", n // PC_PER_SOM[kind])
    axes = (f"{kind}_curve", f"{kind}_current")
    arrays = {
        f"{kind}_{name}_rate": (
            axes,
            np.array([rates(run[key], size, edges)[1::2] for run in runs.values()]),
            {"units": "Hz"},
        )
        for name, (key, size) in counted.items()
    }
    data = xr.Dataset(arrays, {axes[1]: (axes[1], stairs * 1e-12, {"units": "A"})})
    data[f"{kind}_panel"] = (f"{kind}_curve", [panel for panel, _ in runs])
    data[f"{kind}_label"] = (f"{kind}_curve", [label for _, label in runs])
    return data


def panel(data: xr.Dataset, kind: str, name: str) -> dict[str, xr.Dataset]:
    """Return the curves of a panel by label, with the burst probability."""
    mine = np.flatnonzero(data[f"{kind}_panel"].values == name)
    return {str(data[f"{kind}_label"].values[row]): _curve(data, kind, row) for row in mine}


def _curve(data: xr.Dataset, kind: str, row: int) -> xr.Dataset:
    mine = data.isel({f"{kind}_curve": row})
    event, burst = (mine[f"{kind}_{name}_rate"].values for name in ("event", "burst"))
    arrays = dict(er=event, br=burst, bp=burst_probability(burst, event))
    if kind in PC_PER_SOM:
        arrays["som"] = mine[f"{kind}_som_rate"].values
    pa = mine[f"{kind}_current"].values * 1e12
    return xr.Dataset({name: ("pa", values) for name, values in arrays.items()}, {"pa": pa})


def summary(data: xr.Dataset) -> dict[str, float]:
    """Return how each modulation shifts and scales the curve, and what the loop does."""
    numbers = {}
    base = panel(data, "transfer", BASE[0])[BASE[1]]
    for name in MODULATED:
        for label, curve in panel(data, "transfer", name).items():
            key = f"{name}_{label}".lower().replace(" ", "_").replace("-", "minus_").replace(".", "_")
            numbers |= {f"{key}_highest_bp": float(curve.bp.max()), f"{key}_slope_per_na": _slope(curve)}
            numbers |= {f"{key}_{word}": value for word, value in _moved(curve.er, base.er).items()}
            if curve.bp.max() > LEVEL:
                numbers[f"{key}_current_at_bp_{LEVEL * 100:.0f}_percent_pa"] = _current_at(curve)
    numbers |= {f"event_rate_{word}_hz": float(base.er[at]) for word, at in dict(first=0, last=-1).items()}
    for word in ("no inhibition", "inhibition"):
        curves = panel(data, "normalisation", f"Soma, {word}")
        numbers[f"soma_{word.replace(' ', '_')}_spread_of_bp"] = _spread(curves)
    return numbers | _loop(panel(data, "loop", "Loop"))


def _moved(er: xr.DataArray, base: xr.DataArray) -> dict[str, float]:
    """Return how far an event rate is from another, over the dendritic currents: mean size, and largest."""
    change = 100 * (er / base - 1).values
    largest = change[np.argmax(np.abs(change))]
    return {
        "event_rate_change_percent": float(np.abs(change).mean()),
        "event_rate_largest_change_percent": float(largest),
    }


def _current_at(curve: xr.Dataset) -> float:
    """Return the dendritic current (pA) at which the burst probability first reaches LEVEL."""
    above = int(np.argmax(curve.bp.values >= LEVEL))
    part = slice(max(above - 1, 0), above + 1)
    return float(np.interp(LEVEL, curve.bp.values[part], curve.pa.values[part]))


def _slope(curve: xr.Dataset) -> float:
    """Return the steepest rise of the burst probability, over two steps of the current (1/nA)."""
    bp, pa = curve.bp.values, curve.pa.values
    return float(1e3 * ((bp[2:] - bp[:-2]) / (pa[2:] - pa[:-2])).max())


def _spread(curves: Mapping[str, xr.Dataset]) -> float:
    """Return the mean range over curves of the burst probability, in shares of the mean."""
    bp = np.array([curve.bp.values for curve in curves.values()])
    return float(np.mean(np.ptp(bp, axis=0)) / bp.mean())


def _loop(curves: Mapping[str, xr.Dataset]) -> dict[str, float]:
    numbers = {}
    for label, curve in curves.items():
        key = "loop_" + label.lower().replace(" pa", "_pa").replace("-", "minus_").replace(" ", "_")
        for pa in (0, 150):
            numbers[f"{key}_bp_at_{pa}_pa"] = float(curve.bp.sel(pa=pa, method="nearest"))
        numbers |= {
            f"{key}_er_hz": float(curve.er.mean()),
            f"{key}_som_hz": float(curve.som.sel(pa=0, method="nearest")),
        }
    return numbers
