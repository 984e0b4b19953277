# make analyze | test | check: each sets up what it needs in .venv, once, and again when the requirements change.
# Variables: PYTHON (which interpreter makes .venv), TORCH_INDEX_URL (an index with CPU wheels of torch, tried first).

PYTHON ?= python3
TORCH_INDEX_URL ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := $(shell sed -n 's/^\(torch==[^ ;]*\).*/\1/p' constraints.txt)

.DEFAULT_GOAL := help
.PHONY: help analyze test check clean
.DELETE_ON_ERROR:

help:
	@echo "make analyze   analyse the sample article (the first time: install, and download the models)"
	@echo "make test      run the tests"
	@echo "make check     style, formatting and types"
	@echo "make clean     remove .venv and everything else that make and the tools left behind"

analyze: $(VENV)/.installed
	$(BIN)/newsml analyze seeds/nato-russian-troop-buildup.txt --target Russia \
	  --claim "Russia is increasing its troops at Ukraine's border"

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "No '$(PYTHON)' on the PATH: install Python 3.11 or newer, or name one: make PYTHON=python3.12 …" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$$("$(PYTHON)" --version 2>&1) is too old, newsml needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

# Written last, so that an interrupted installation is taken up again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
ifneq ($(strip $(TORCH_INDEX_URL)),)
	@echo "Installing $(TORCH) from TORCH_INDEX_URL"
	@$(PIP) install --index-url "$(TORCH_INDEX_URL)" "$(TORCH)"
endif
	$(PIP) install -c constraints.txt -e ".[onnx,report]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@
