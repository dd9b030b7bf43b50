"""Refuse fields of a model that are of a wrong kind: text, tables and names, before they are read."""

from collections.abc import Mapping
from typing import Any

from dendritic_bp.errors import ModelError

TEXT = ("equations", "threshold", "reset", "method")
TABLES = ("parameters", "initial")
TABLES_OF_TEXT = ("limits", "events", "on_event", "on_pre", "on_post")


def require_kinds(owner: str, fields: Mapping[str, Any]) -> None:
    """Raise ModelError for the first of `fields`, those of a model by name, that is no such thing."""
    if not isinstance(fields["name"], str) or not fields["name"]:
        raise ModelError(f"a model needs a name, as text, not {fields['name']!r}")
    for name, value in fields.items():
        if name in TEXT and not isinstance(value, str):
            raise ModelError(f"{owner}, {name} = {value!r}: must be text")
        if name in (*TABLES, *TABLES_OF_TEXT) and not isinstance(value, Mapping):
            raise ModelError(f"{owner}, {name} = {value!r}: must be a table, as in {name}=dict(...)")
        if name in TABLES_OF_TEXT:
            for key, text in value.items():
                if not isinstance(text, str):
                    raise ModelError(f"{owner}, {name}, '{key}': must be text, not {text!r}")
    for name in ("namespace", "double"):
        if isinstance(fields[name], str):
            raise ModelError(f"{owner}, {name}: must be several names, as in ({fields[name]!r},)")
    if not isinstance(order := fields.get("order", 0), int):
        raise ModelError(f"{owner}, order = {order!r}: must be a whole number")
    if not fields.get("threshold", "given").strip():
        remedy = "threshold='v > -50*mV', or threshold='False' for a cell that never does"
        raise ModelError(f"{owner} has no threshold: say when it spikes, as in {remedy}")
