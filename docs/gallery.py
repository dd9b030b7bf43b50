"""Write the gallery: a page for each experiment, from its script and from the run kept in `docs/gallery`.

    python docs/gallery.py [NAME ...]      run these experiments (default: all) and keep summary and figures

What was published is in `docs/published.json`: experiment -> metric -> [value, source].
"""

import ast
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

PAGES = "gallery_pages"  # written, not kept
COLOURS = 128  # of a kept figure
FLAGS = {"digits": ["--controls"]}  # what else an experiment is run with


def make(docs: Path, name: str) -> None:
    """Run an experiment, and keep its summary, its figures and how it was made."""
    kept, flags = docs / "gallery" / name, FLAGS.get(name, [])
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / name
        script = docs.parent / "experiments" / f"{name}.py"
        subprocess.run([sys.executable, script, *flags, "--out", run], check=True)
        record = json.loads((run / "run.json").read_text())
        made = {
            "command": shlex.join(["python", f"experiments/{name}.py", *flags]),
            "seconds": round(time.perf_counter() - start),
            **{key: record[key] for key in ("seed", "versions", "git")},
        }
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "made.json").write_text(json.dumps(made, indent=1) + "\n")
        (kept / "summary.json").write_text((run / "summary.json").read_text())
        for figure in run.glob("*.png"):
            Image.open(figure).convert("RGB").quantize(COLOURS).save(kept / figure.name, optimize=True)


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
        parts += ["Made by `{command}` in {seconds} s, compiling included, with seed {seed}.".format(**made)]
        parts += [_table(summary, published)]
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
    for each in sys.argv[1:] or names:
        make(docs, each)
