# ResNet, Measured. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Which Pythons the locked packages support: pyproject.toml says it, the checks below read it.
SUPPORTED := $(shell sed -n 's/^requires-python = ">=\([0-9.]*\),<\([0-9.]*\)"/\1 \2/p' pyproject.toml)
OLDEST := $(word 1,$(SUPPORTED))
TOO_NEW := $(word 2,$(SUPPORTED))
version = tuple(map(int, "$(1)".split(".")))
NEW := import sys; sys.exit(sys.version_info[:2] < $(call version,$(TOO_NEW)))
FITS := import sys; sys.exit(not $(call version,$(OLDEST)) <= sys.version_info[:2] < $(call version,$(TOO_NEW)))
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(FITS)' 2>/dev/null && { command -v "$$p"; exit; }; done; command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKS := $(VENV)/.checks
COLAB := $(VENV)/colab/.ready
HTML := _build/html/index.html
BUILT := _build/html/.complete
export PYTHONPATH := $(CURDIR)

# Everything a page is made of: when none of it is newer than the built book, nothing is done.
BOOK_SOURCES := $(shell find book notebooks results utils weights _config.yml _toc.yml \
	CITATION.cff CHANGELOG.md -type f \
	-not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' 2>/dev/null | sed 's/ /\\ /g')
# A file that was removed is no newer than anything: its absence shows in the sum of all names.
NAMES := $(shell echo '$(subst ','\'',$(sort $(BOOK_SOURCES)))' | cksum | tr ' ' -)
MISSING := $(shell { echo _build/html/index; sed -nE 's,^ *(root|- file): *,_build/html/,p' _toc.yml; } \
	| while read -r page; do [ -s "$$page.html" ] || echo "$$page"; done)

.PHONY: help book serve release lab check test record verify bench lock notebooks scripts mutants format clean

help: ## show this list
	@echo "ResNet, Measured: make TARGET"
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

$(READY): requirements.lock
	@[ -n "$(PYTHON)" ] || { echo "No Python found: install Python $(OLDEST) or newer, below $(TOO_NEW), then run make again."; exit 1; }
	@$(PYTHON) -c '$(FITS)' || { \
		$(PYTHON) -c '$(NEW)' && why="new: some packages have no files for it yet" || why=old; \
		echo "$$($(PYTHON) --version 2>&1) is too $$why. Install Python $(OLDEST) or newer, below $(TOO_NEW), or name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module: install it (Debian and Ubuntu: sudo apt install python3-venv), then run make again."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the book needs into $(VENV) (a few minutes the first time)..."
	@$(BIN)/python -m utils.machine.install requirements.lock
	@touch $@

# What only the checks need: no reader has to have it.
$(CHECKS): $(READY) requirements-checks.lock
	@echo "Installing what the checks need as well..."
	@$(BIN)/python -m utils.machine.install requirements-checks.lock
	@touch $@

# Colab's IPython and ipywidgets, laid over the environment by the test that needs them.
$(COLAB): $(READY) requirements-colab.lock
	@rm -rf $(VENV)/colab
	@$(BIN)/python -m utils.machine.install --no-deps --target=$(VENV)/colab requirements-colab.lock
	@touch $@

# The mark is as old as the beginning of the build: what is edited meanwhile is built the next time.
$(BUILT): $(READY) $(BOOK_SOURCES) $(if $(MISSING),FORCE) $(if $(filter $(NAMES),$(shell cat $(BUILT) 2>/dev/null)),,FORCE)
	@rm -f $@ && mkdir -p $(@D) && echo '$(NAMES)' > $@.part
	@$(BIN)/jupyter-book build -W -n --keep-going . \
		|| { rm -f $@.part; echo "The book has warnings or errors, see above."; exit 1; }
	@$(BIN)/python book/tools/check_pages.py --since $@.part \
		|| { rm -f $@.part; echo "The build ended, but the book is not whole, see above. Run: make clean book"; exit 1; }
	@mv $@.part $@

FORCE:

book: $(BUILT) ## build the HTML book into _build/html
	@echo "Open $(CURDIR)/$(HTML)"

serve: book ## build, then serve the book on this machine
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

release: book $(CHECKS) ## pack site, EPUB, PDFs and all files to take along into _build/release
	@$(BIN)/python book/tools/release.py $(OPTIONS)

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=.

check: $(CHECKS) ## style and units, no browser and no built book: for work in progress
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/oxlint --format=unix && $(BIN)/oxfmt --list-different '**/*.js'
	@$(BIN)/python -m pytest --quick -q -n 2 --no-header tests

test: book $(CHECKS) $(COLAB) ## every check of the project
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov=utils --cov-report=term:skip-covered --cov-fail-under=90

record: $(READY) ## train what is not recorded yet: make record EXPERIMENT=fast-20
	@$(BIN)/python -m utils.record $(EXPERIMENT) $(OPTIONS)

verify: $(READY) ## does a number come out on this machine? make verify CARD=resnet-20-weights
	@$(BIN)/python -m utils.chapters.reproduce $(CARD) $(OPTIONS)

bench: $(READY) ## time the training loops on this machine
	@$(BIN)/python -m utils.record.bench && $(BIN)/python -m utils.chapters.time_to_accuracy.race

notebooks: $(CHECKS) ## run every notebook, store its outputs; busy machine: OPTIONS="--limit 300"
	@$(BIN)/python -m utils.notebook $(OPTIONS)

scripts: $(READY) ## run the scripts that pages show and store what they print
	@for script in book/code/*.py; do \
		RESNET_BOOK_OFFLINE=1 $(BIN)/python -W ignore $$script > $${script%.py}.part \
			&& mv $${script%.py}.part $${script%.py}.txt || exit 1; done

mutants: $(CHECKS) ## which small changes would no test notice? One module: OPTIONS=utils/models/networks.py
	@$(BIN)/python -m tests.mutate --changes && $(BIN)/python -m tests.mutate $(OPTIONS)

format: $(CHECKS) ## let ruff and oxfmt mend style
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .
	@$(BIN)/oxfmt '**/*.js'

LOCK := uv pip compile --universal --python-version $(OLDEST) --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-header --quiet
lock: $(READY) ## resolve the requirements anew (needs uv on the PATH)
	@$(LOCK) --upgrade -o requirements.lock requirements.txt
	@$(LOCK) --upgrade -c requirements.lock -o requirements-checks.lock requirements-checks.txt
	@$(LOCK) --no-deps -o requirements-colab.lock requirements-colab.txt
	@$(BIN)/python book/tools/opens_on.py --look-up

clean: ## remove the built book and the caches, keep the environment
	@rm -rf _build .pytest_cache .ruff_cache .coverage
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
