"""What each code object of the XOR network costs, and to which part of it it belongs."""

import re
from collections.abc import Mapping
from pathlib import Path

PARTS = {  # the first pattern that fits decides
    "recording": r"meter|course|watch",
    "background": r"_background",
    "plasticity": r"_post_",
    "backward": r"output_(excites|inhibits)",
    "forward": r"_pre_",
    "neurons": "",
}


def part(code_object: str) -> str:
    """Return the part to which a code object belongs."""
    return next(part for part, pattern in PARTS.items() if re.search(pattern, code_object))


def shares(profile: Path, simulated_s: float) -> dict[str, float]:
    """Return the share of each code object in the time of all, the largest first, from Brian2's profile."""
    times: dict[str, float] = {}
    for line in profile.read_text().splitlines():
        name, time = line.split()
        name = re.sub(r"_codeobject(_\d+)?$", "", name)
        times[name] = times.get(name, 0) + float(time)
    # Code objects that are called once a pattern need no correction; all others are called at every step.
    clock = min(time for time in times.values() if time > 1e-7 * simulated_s / 1e-4)
    net = {name: max(time - clock, 0) for name, time in times.items()}
    return dict(sorted(((k, v / sum(net.values())) for k, v in net.items()), key=lambda pair: -pair[1]))


def costs(shares: Mapping[str, float], cost: float) -> dict[str, float]:
    """Return share and cost (s for each simulated second) of each part, and the share of each code object."""
    result = {}
    for name in PARTS:
        share = sum(value for code_object, value in shares.items() if part(code_object) == name)
        result |= {f"{name}_share": share, f"{name}_cpu_s_per_simulated_s": share * cost}
    return result | {f"{code_object}_share": share for code_object, share in shares.items()}
