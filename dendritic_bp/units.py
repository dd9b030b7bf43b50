"""Join generated sources to fewer, larger ones: a compiler spends more on starting than on most of them.

Brian2 writes a file for each code object, and another, alike but for its name, for each run() of a protocol.
Of files that are alike one is compiled; the others call it. In a joined file each has a namespace of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

PER_FILE = 12  # code objects in a joined file: so few are compiled again when one changes
HEAD = re.compile(r"(?:.*^\s*#include[^\n]*\n)?", re.DOTALL | re.MULTILINE)  # to the last included file
FUNCTION = re.compile(r"^void (\w+)\(\)", re.MULTILINE)
CALL = """\
void {name}()
{{
    {inner}();
}}
"""

Part = tuple[list[str], str]  # the lines of its head, and the rest


def join(sources: Path, names: Iterable[str]) -> list[str]:
    """Write the code objects among the named files to joined ones; return what is to be compiled."""
    texts = {name: (sources / name).read_text() for name in names}
    first: dict[str, str] = {}
    parts = []
    for name in (each for each in texts if each.startswith("code_objects/")):
        text = texts[name]
        same = first.setdefault(_without_name(name, text), name)
        parts.append(_alias(text, texts[same]) if same != name else _namespace(name, text))
    joined = dict(_files(parts))
    for name, text in joined.items():
        (sources / name).write_text(text)
    return [*joined, *(name for name in texts if not name.startswith("code_objects/"))]


def _without_name(file: str, text: str) -> str:
    """Return the text of a code object as it is for all that are alike."""
    name = re.sub(r"^(before|after)_run_", "", Path(file).stem)
    return re.sub(rf"{name}\b", "*", text)


def _namespace(file: str, text: str) -> Part:
    """Put a code object in a namespace, and make its functions known outside."""
    functions = FUNCTION.findall(text)
    calls = [CALL.format(name=each, inner=f"in{functions[0]}::{each}") for each in functions]
    found = HEAD.match(text)
    head = found[0] if found else ""
    place = f'#line {head.count(chr(10)) + 1} "{file}"\n'  # where the compiler shall say that an error is
    body = f"namespace in{functions[0]} {{\n{place}{text[len(head) :]}\n}}\n"
    return head.splitlines(keepends=True), body + "".join(calls)


def _alias(text: str, same: str) -> Part:
    """Let the functions of a code object call those of one that is alike."""
    pairs = zip(FUNCTION.findall(text), FUNCTION.findall(same), strict=True)
    return [], "".join(f"void {inner}();\n" + CALL.format(name=name, inner=inner) for name, inner in pairs)


def _files(parts: list[Part]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each joined file."""
    for number, begin in enumerate(range(0, len(parts), PER_FILE)):
        chosen = parts[begin : begin + PER_FILE]
        head = dict.fromkeys(line for lines, _ in chosen for line in lines)
        yield f"joined_{number}.cpp", "".join([*head, *(text for _, text in chosen)])
