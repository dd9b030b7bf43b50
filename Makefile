# make install | demo | test | reproduce | docs | gallery | clean        (PYTHON=... picks the interpreter, default: python3)
PYTHON ?= python3
CXX    ?= g++
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
FIX    := Debian/Ubuntu: apt-get install python3 python3-venv g++ make; Fedora: dnf install python3 gcc-c++ make; macOS: xcode-select --install

.PHONY: install demo test reproduce docs gallery check clean

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(MAKE) --no-print-directory check
	@echo "installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-input --editable '.[test]'
	@touch $@

check:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found. $(FIX)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo \
	  "error: $$($(PYTHON) -V) at $$(command -v $(PYTHON)), but 3.11 to 3.13 is needed. Try: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "error: $(PYTHON) has no venv module. $(FIX)" >&2; exit 1; }
	@command -v $(CXX) >/dev/null || { echo "error: no C++ compiler ($(CXX)). $(FIX)" >&2; exit 1; }

demo: install
	$(PY) experiments/digits.py --controls --overwrite --out results/demo

test: install
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest -n 2 --dist loadfile -m "not slow and not neuron"

# The slow tests compare whole runs with the published tables. The published XOR network alone takes hours.
reproduce: install
	$(PY) -m pytest -m slow -rA

# Warnings are errors; every link and image is looked up. The notebook of the tutorial is run.
docs: $(VENV)/.docs
	$(PY) -m sphinx -q -W --keep-going -j auto -b html docs docs/_build/html
	$(PY) docs/check_links.py docs/_build/html

$(VENV)/.docs: $(STAMP)
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-input --editable '.[docs]'
	@touch $@

# Run every experiment once more, and keep its summary and figures for the gallery: hours.
gallery: install
	$(PY) docs/gallery.py

# Runs in results/ are kept.
clean:
	rm -rf $(VENV) .venv-newest build dist docs/_build docs/api_pages docs/gallery_pages .jupyter_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
