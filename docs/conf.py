"""How the documentation is built: `make docs`."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import gallery  # noqa: E402  (beside this file)

from dendritic_bp import long_names  # noqa: E402

project, author = "dendritic_bp", "the dendritic_bp authors"
version = release = installed("dendritic_bp")
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = "dendritic_bp"
exclude_patterns = ["_build", "gallery/*/*"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
autosummary_generate = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
templates_path = ["_templates"]

gallery.write(HERE)
(HERE / gallery.PAGES / "variables.md").write_text(
    long_names.page(long_names.read(HERE.parent / "experiments"))
)
