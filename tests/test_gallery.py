"""The gallery sets beside ours what the experiments state, for metrics that are there."""

import json
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "docs"))
import gallery
import published

DOCS = Path(gallery.__file__).parent
KEPT = sorted(path.parent for path in DOCS.glob("gallery/*/made.json"))


def test_published_values_are_those_of_the_experiments():
    assert json.loads((DOCS / "published.json").read_text()) == json.loads(json.dumps(published.published()))


@pytest.mark.parametrize("run", KEPT, ids=lambda run: run.name)
def test_what_is_kept_of_a_run_is_small_and_compared_with_what_was_published(run):
    made, summary = (json.loads((run / f"{name}.json").read_text()) for name in ("made", "summary"))
    assert made["reduced"] == ("--quick" in made["command"])
    assert set(published.published().get(run.name, ())) <= set(summary)
    figures = list(run.glob("*.png"))
    assert figures and all(path.stat().st_size < gallery.LARGEST for path in figures)


def test_all_figures_together_are_small():
    sizes = [path.stat().st_size for path in DOCS.glob("gallery/*/*.png")]
    assert sum(sizes) < 130_000 * len(list(DOCS.glob("gallery/*/made.json")))


def test_a_figure_that_is_too_large_loses_pixels():
    noisy = Image.effect_noise((1500, 1500), 100).convert("RGB")
    content = gallery._small(noisy)
    assert len(content) <= gallery.LARGEST
    assert Image.open(BytesIO(content)).width < gallery.WIDTH
