"""Write the gallery: a page for each experiment, from its script and from the run kept in `docs/gallery`.

    python docs/gallery.py [NAME ...]           run these experiments (default: all), keep summary and figures
    python docs/gallery.py --redraw [NAME ...]   draw their figures again, from the runs in results/gallery

What was published is in `docs/published.json`: experiment -> metric -> [value, source].
"""

import ast
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

PAGES = "gallery_pages"  # written, not kept
COLOURS, WIDTH, LARGEST = 256, 1100, 100_000  # of a kept figure: colours, pixels and bytes at the most
QUICK = {  # what the gallery shows in a reduced run
    "digits", "disinhibition", "electrophysiology", "fi_curves", "find_cell", "layer5",
    "instructive_signals", "multiplexing", "ngrad", "ngrad_signals", "plasticity_population",
    "plateau_difference",
}  # fmt: skip


def make(docs: Path, name: str) -> None:
    """Run an experiment with an empty cache, and keep its summary, its figures and how it was made."""
    run, flags = _run(docs, name), ["--quick"] * (name in QUICK)
    script = docs.parent / "experiments" / f"{name}.py"
    before = _spent()
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, script, *flags, "--out", run, "--overwrite"]
        alone = {"DENDRITIC_BP_CACHE": cache, "CCACHE_DISABLE": "1"}
        subprocess.run(command, check=True, env=os.environ | alone)
    record = json.loads((run / "run.json").read_text())
    made = {
        "command": shlex.join(["python", f"experiments/{name}.py", *flags]),
        "processor_s": round(_spent() - before),
        "compiled": "as a whole",
        **{key: record[key] for key in ("reduced", "seed", "versions", "git")},
    }
    kept = docs / "gallery" / name
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "made.json").write_text(json.dumps(made, indent=1) + "\n")
    (kept / "summary.json").write_text((run / "summary.json").read_text())
    keep_figures(run, kept)


def redraw(docs: Path, name: str) -> None:
    """Draw the figures of a run that was made here, and keep them."""
    run = _run(docs, name)
    script = docs.parent / "experiments" / f"{name}.py"
    subprocess.run([sys.executable, script, "--replot", run], check=True, stdout=subprocess.DEVNULL)
    keep_figures(run, docs / "gallery" / name)


def keep_figures(run: Path, kept: Path) -> None:
    """Keep small copies of the figures of a run, and nothing of older ones."""
    for old in kept.glob("*.png"):
        old.unlink()
    for path in json.loads((run / "run.json").read_text())["files"]:
        if path.endswith(".png"):
            with Image.open(run / path) as image:
                (kept / path).write_bytes(_small(image.convert("RGB")))


def _small(image: Image.Image) -> bytes:
    """Return an image in few colours, and with as many pixels as its size on the disk allows."""
    width = min(WIDTH, image.width)
    while True:
        buffer = BytesIO()
        size = (width, round(image.height * width / image.width))
        smaller = image.resize(size, Image.Resampling.LANCZOS)
        smaller.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(buffer, "png", optimize=True)
        if buffer.tell() <= LARGEST:
            return buffer.getvalue()
        width = round(width * 0.85)


def _run(docs: Path, name: str) -> Path:
    return docs.parent / "results" / "gallery" / name


def _spent() -> float:
    """Return the processor time (s) of what has run below this process."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def write(docs: Path) -> None:
    """Write a page for each experiment, and one that lists them."""
    pages, published = docs / PAGES, json.loads((docs / "published.json").read_text())
    pages.mkdir(exist_ok=True)
    names = [script.stem for script in sorted((docs.parent / "experiments").glob("*.py"))]
    for name in names:
        _save(pages / f"{name}.md", _page(docs, name, published.get(name, {})))
    _save(pages / "index.md", _index(docs, names))


def _save(path: Path, text: str) -> None:
    """Write only what is new, so that an unchanged page is not built again."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _paragraphs(docs: Path, name: str) -> list[str]:
    """Return the paragraphs of a script's docstring."""
    script = docs.parent / "experiments" / f"{name}.py"
    return (ast.get_docstring(ast.parse(script.read_text())) or "").split("\n\n")


def _page(docs: Path, name: str, published: dict) -> str:
    first, *rest = _paragraphs(docs, name)
    parts = [f"# {name}", first]
    run = docs / "gallery" / name
    if (run / "made.json").exists():
        parts += [f"![{path.stem}](../gallery/{name}/{path.name})" for path in sorted(run.glob("*.png"))]
        made, summary = (json.loads((run / file).read_text()) for file in ("made.json", "summary.json"))
        made["what"] = "**a reduced run**" if made["reduced"] else "the whole experiment"
        made.setdefault("compiled", "in part, the rest from ccache")
        time = "{processor_s} s of processor time" if "processor_s" in made else "time not known"
        text = "`{command}`: {what}, seed {seed}, " + time + "; compiled {compiled}."
        parts += [text.format(**made), _table(summary, published)]
    else:
        parts += [f"No run of it is kept here: `python experiments/{name}.py`."]
    return "\n\n".join([*parts, "## Methods", *map(_paragraph, rest)]) + "\n"


def _paragraph(text: str) -> str:
    """Show indented lines (commands, equations) as they are."""
    lines = text.splitlines()
    if all(line.startswith("    ") for line in lines):
        return "```text\n" + "\n".join(line[4:] for line in lines) + "\n```"
    return text


def _table(summary: dict, published: dict) -> str:
    rows = ["| metric | published | here |", "|---|---|---|"]
    for metric in [*(m for m in summary if m in published), *(m for m in summary if m not in published)]:
        value, source = published.get(metric, ("", ""))
        rows.append(f"| `{metric}` | {value} {source} | {summary[metric]:.4g} |")
    return "\n".join(rows)


def _index(docs: Path, names: list[str]) -> str:
    rows = ["# Gallery", "One question or published figure a script.", "```{toctree}\n:hidden:\n"]
    rows[-1] += "\n".join(names) + "\n```"
    for name in names:
        figures = sorted((docs / "gallery" / name).glob("*.png"))
        shown = f"\n\n[![{name}](../gallery/{name}/{figures[0].name})]({name}.md)" if figures else ""
        rows.append(f"## [{name}]({name}.md)\n\n{_paragraphs(docs, name)[0]}{shown}")
    return "\n\n".join(rows) + "\n"


if __name__ == "__main__":
    docs = Path(__file__).parent
    names = [script.stem for script in sorted((docs.parent / "experiments").glob("*.py"))]
    task = redraw if "--redraw" in sys.argv else make
    for each in [word for word in sys.argv[1:] if word != "--redraw"] or names:
        task(docs, each)
