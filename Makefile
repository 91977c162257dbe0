# ResNet, Measured. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COLAB := $(VENV)/colab/.ready
HTML := _build/html/index.html
export PYTHONPATH := $(CURDIR)

# Everything a page is made of: when none of it is newer than the built book, nothing is done.
BOOK_SOURCES := $(shell find book notebooks results utils _config.yml _toc.yml -type f \
	-not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' 2>/dev/null | sed 's/ /\\ /g')

.PHONY: help book serve lab test record bench lock notebooks scripts format clean

help: ## show this list
	@echo "ResNet, Measured: make TARGET"
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

$(READY): requirements.lock
	@[ -n "$(PYTHON)" ] || { echo "No Python found: install Python 3.11 or newer, then run make again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: install Python 3.11 or newer, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module: install it (Debian and Ubuntu: sudo apt install python3-venv), then run make again."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked requirements into $(VENV) (a few minutes the first time)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
		|| { echo "The installation failed: check the network and the free disk space (6 GB), then run the same command again."; exit 1; }
	@touch $@

# Colab's IPython and ipywidgets, laid over the environment by the test that needs them.
$(COLAB): $(READY) requirements-colab.lock
	@rm -rf $(VENV)/colab
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		--target $(VENV)/colab -r requirements-colab.lock \
		|| { echo "The installation failed: check the network, then run the same command again."; exit 1; }
	@touch $@

$(HTML): $(READY) $(BOOK_SOURCES)
	@$(BIN)/jupyter-book build -W -n --keep-going . \
		|| { rm -f $@; echo "The book has warnings or errors, see above."; exit 1; }
	@touch $@

book: $(HTML) ## build the HTML book into _build/html
	@echo "Open $(CURDIR)/$(HTML)"

serve: book ## build, then serve the book on this machine
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=.

test: book $(COLAB) ## every check of the project
	@$(BIN)/python -m pytest -n 2 --dist loadfile --cov=utils --cov-report=term:skip-covered --cov-fail-under=90

record: $(READY) ## train what is not recorded yet: make record EXPERIMENT=fast-20
	@$(BIN)/python -m utils.record $(EXPERIMENT) $(OPTIONS)

bench: $(READY) ## time the training loops on this machine
	@$(BIN)/python -m utils.bench

notebooks: $(READY) ## run every notebook, store its outputs; busy machine: OPTIONS="--limit 300"
	@$(BIN)/python -m utils.notebooks $(OPTIONS)

scripts: $(READY) ## run the scripts that pages show and store what they print
	@for script in book/code/*.py; do \
		RESNET_BOOK_OFFLINE=1 $(BIN)/python -W ignore $$script > $${script%.py}.part \
			&& mv $${script%.py}.part $${script%.py}.txt || exit 1; done

format: $(READY) ## let ruff mend style
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

lock: $(READY) ## resolve requirements.txt anew (needs uv on the PATH)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --upgrade --quiet -o requirements.lock requirements.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-deps \
		--no-emit-index-url --no-header --quiet -o requirements-colab.lock requirements-colab.txt

clean: ## remove the built book and the caches, keep the environment
	@rm -rf _build .pytest_cache .ruff_cache .coverage
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
