"""What the files of a run can hold: numbers, labelled arrays with units, plain settings; as bytes."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping
from typing import Any

import xarray as xr

from dendritic_bp.errors import UserError

DATA, SUMMARY, COMPLETE = "data.nc", "summary.json", "run.json"
BIG = 4096  # values; smaller arrays are stored as they are
COMPRESSED = {"zlib": True, "complevel": 4, "shuffle": True, "fletcher32": True}


def flat(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the summary as plain numbers, or name the metric that is not one."""
    for name, value in summary.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise UserError(
                f"Metric {name!r} of the summary is {value!r}, but must be one finite number. Leave out what "
                "this run cannot measure; arrays belong in the data set, text and settings in the provenance."
            )
    return {name: int(v) if isinstance(v, numbers.Integral) else float(v) for name, v in summary.items()}


def check_units(data: xr.Dataset) -> None:
    """Refuse real-valued arrays without a unit."""
    bare = [
        str(name)
        for name, array in data.variables.items()
        if array.dtype.kind == "f" and "units" not in array.attrs
    ]
    if bare:
        raise UserError(
            f"No units on {', '.join(bare)}: every real-valued array of a run names its SI unit, as in "
            'data["x"].attrs["units"] = "s" ("1" for a pure number).'
        )


def json_bytes(content: Mapping[str, Any], name: str) -> bytes:
    """Return a JSON file, or say what of it is neither text nor a finite number."""
    try:
        return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{name} cannot hold this run's values: {error}. Use text and finite numbers."
        ) from error


def netcdf_bytes(data: xr.Dataset) -> bytes:
    """Return the bytes of a netCDF file; built in memory, as HDF5 crashes the process on a full disk."""
    big = {
        name: dict(COMPRESSED)
        for name, array in data.variables.items()
        if array.size >= BIG and array.dtype.kind in "iufb"
    }
    try:
        return bytes(data.to_netcdf(engine="h5netcdf", encoding=big))
    except Exception as error:  # xarray, h5netcdf and h5py have a word of their own for everything
        raise UserError(f"{DATA} cannot hold {_culprit(data)}: {error}") from error


def _culprit(data: xr.Dataset) -> str:
    """Say which variable or attribute it is that netCDF does not take."""
    for name, variable in data.variables.items():
        for what, attributes in ((f"variable {name!r}", {}), (f"an attribute of {name!r}", variable.attrs)):
            try:
                xr.Dataset({name: (variable.dims, variable.values, attributes)}).to_netcdf(engine="h5netcdf")
            except Exception:  # as in _netcdf
                return what
    for name, value in data.attrs.items():
        try:
            xr.Dataset(attrs={name: value}).to_netcdf(engine="h5netcdf")
        except Exception:  # as in _netcdf
            return f"attribute {name!r}, {value!r}"
    return "this data set"
