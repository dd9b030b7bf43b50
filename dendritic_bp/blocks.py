"""Blocks: what rules and experiments read of a cell, each a piece of a model: text and quantities.

A cell is its own equations and the blocks that it takes:

    NeuronModel.of("mine", ports, detector, averages, equations=..., threshold="fires", reset=..., ...)

* `ports`: currents that come in; the cell's own equations let `I_s` charge the soma, `I_d` the dendrite.
* `detector`: the events that go out, `event` (an isolated spike, or the first of a burst) and `burst` (its
  second spike). It reads `fires`, the cell's condition for a spike.
* `averages`: traces and means of events and bursts, which plasticity reads.

What a rule asks of a cell, and which block has it, is told by `dendritic_bp.contract`. A name that the cell
defines itself replaces that of a block, and a later block that of an earlier one.

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from brian2 import ms, pA, second

from dendritic_bp.analysis import T_BURST
from dendritic_bp.equations import definitions
from dendritic_bp.errors import ModelError, suggest

Block = Mapping[str, Any]
"""Fields of a model; `reads` says what the cell has to define for it, and how."""

ports: Block = dict(
    equations="""
I_s = I_soma + I_basal + I_bias + I_noise_s : amp     # all that charges the soma
I_d = I_apical + I_top + I_noise_d : amp              # all that charges the apical dendrite
I_soma : amp                                          # injected: stimulus, electrode
I_apical : amp                                        # injected: teacher, electrode
I_noise_s : amp                                       # background: see models/neurons/background.py
I_noise_d : amp                                       # background
dI_basal/dt = -I_basal/tau_basal : amp                # synapses: I_basal_post += w
dI_top/dt = -I_top/tau_top : amp                      # synapses: I_top_post += w
dI_bias/dt = eta_bias*rate_target : amp               # excitability: pulls the event rate to rate_target
""",
    on_event={"event": "I_bias -= eta_bias"},
    parameters=dict(
        tau_basal=5 * ms,  # [P21] AMPA
        tau_top=5 * ms,  # [P21] AMPA
        eta_bias=0 * pA,  # chosen here: off
        rate_target=10 / second,  # chosen here
    ),
)

# A spike within T_burst of the last one belongs to a burst. With memory = 1 the window is that in which a sum
# of exp(-t/T_burst) over *all* earlier spikes exceeds 1/e, as published: up to 9 ms longer after a burst.
detector: Block = dict(
    equations="""
t_window : second                                     # until then, a spike belongs to a burst
bursting : boolean                                    # the second spike of the burst has been seen
follows = t - t_window < 1e-6*T_burst : boolean       # T_burst sharp still follows: a margin for rounding
""",
    reset="""
t_window = t + T_burst*(1 + log(1 + memory*exp((t_window - t)/T_burst - 1)))
""",
    events={"event": "fires and not follows", "burst": "fires and follows and not bursting"},
    on_event={"event": "bursting = False", "burst": "bursting = True"},
    parameters=dict(
        T_burst=T_BURST * second,  # [P21]
        memory=0.0,  # chosen here; 1 is [P21]
    ),
    initial=dict(t_window=-1 * second),  # no spike yet
    reads=dict(fires="the condition for a spike: `fires = v_s > theta : boolean`, and threshold='fires'"),
)

averages: Block = dict(
    equations="""
dx/dt = -x/tau_x : 1                                  # trace of events, for synapses onto other cells
dx_bar/dt = (x - x_bar)/tau_x_bar : 1                 # its slow mean
dE_bar/dt = -averaging*E_bar/tau_avg : 1              # events in the last tau_avg
dB_bar/dt = -averaging*B_bar/tau_avg : 1              # bursts in the last tau_avg
P_bar = clip((B_bar + 1e-12)/(E_bar + 1e-12), 0, 1) : 1    # burst probability; 1 before the first event [P21]
rate = E_bar/tau_avg : Hz                             # event rate
""",
    on_event={"event": "x += 1; E_bar += averaging", "burst": "B_bar += averaging"},
    parameters=dict(
        tau_x=100 * ms,  # [P21]
        tau_x_bar=5 * second,  # chosen here
        tau_avg=2 * second,  # [P21] XOR
        averaging=1.0,  # gate: 0 keeps E_bar and B_bar as they are
    ),
)

BLOCKS: Mapping[str, Block] = dict(ports=ports, detector=detector, averages=averages)
WORDS = ("namespace", "double")
FIELDS = ("equations", "reset", "events", "on_event", "parameters", "initial", "limits", *WORDS, "reads")


def joined(owner: str, blocks: Sequence[Block], own: Block) -> dict[str, Any]:
    """Return the fields of a model of `blocks` and of its `own`: texts in a row, tables in one.

    Own text comes first. What a later block defines replaces what an earlier one does, and what the cell
    defines that of all blocks. Raises ModelError.
    """
    for block in blocks:
        for name in block:
            if name not in FIELDS:
                raise ModelError(f"{owner}: a block has no '{name}'; {suggest(name, FIELDS)}")
    parts: list[Block] = []
    later = definitions(own.get("equations", ""))
    for block in reversed(blocks):
        parts.insert(0, _without(later, block))
        later = later | definitions(block.get("equations", ""))
    result = {**own}
    result["equations"] = own.get("equations", "") + "".join(each.get("equations", "") for each in parts)
    result["reset"] = own.get("reset", "") + "".join(each.get("reset", "") for each in parts)
    for field in ("events", "parameters", "limits"):
        result[field] = _merged([*parts, own], field)
    result["initial"] = {**own.get("initial", {}), **_merged([*parts, own], "initial")}
    result["on_event"] = _in_a_row([each.get("on_event", {}) for each in (*parts, own)])
    for field in WORDS:
        result[field] = tuple(dict.fromkeys(word for each in (own, *parts) for word in each.get(field, ())))
    _require_read(owner, parts, result)
    return result


def _without(names: Mapping[str, str], block: Block) -> Block:
    """Return a block without what is defined later."""
    inside = definitions(block.get("equations", ""))
    if not inside.keys() & names.keys():
        return block
    kept = "".join(text for name, text in inside.items() if name not in names)
    return {**block, "equations": "\n" + kept}


def _merged(blocks: Sequence[Block], field: str) -> dict[str, Any]:
    return {name: value for each in blocks for name, value in each.get(field, {}).items()}


def _in_a_row(tables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return for each event what all blocks do then."""
    result: dict[str, str] = {}
    for event, code in (item for table in tables for item in table.items()):
        result[event] = f"{result[event]}\n{code.strip()}" if event in result else code.strip()
    return result


def _require_read(owner: str, blocks: Sequence[Block], fields: Mapping[str, Any]) -> None:
    """Refuse a cell that does not define what a block reads, or has not the events on which it acts."""
    known = {*definitions(fields["equations"]), *fields["parameters"], *fields["namespace"]}
    for name, remedy in (item for block in blocks for item in block.get("reads", {}).items()):
        if name not in known:
            raise ModelError(f"{owner} lacks '{name}', which a block reads: add {remedy}")
    for event in (event for block in blocks for event in block.get("on_event", {})):
        if event not in fields["events"]:
            remedy = f"add the block `detector`, or your own events=dict({event}='a condition')"
            raise ModelError(f"{owner} lacks the event '{event}', on which a block acts: {remedy}")
