# deeprage: `make demo` shows it on real data, `make test` tests it, `make check` lints it.
# All that is needed is make and Python 3.11 or newer; PYTHON=... chooses another interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install demo test crash mutants fuzz check format docs clean

help:
	@echo "make demo     train and evaluate on real yeast data; writes runs/demo/report.html"
	@echo "make test     run the tests"
	@echo "make crash    kill every command at each of its changes of the file system (an hour)"
	@echo "make mutants  change the code at random, and see whether the tests notice (an hour)"
	@echo "make fuzz     give damaged files of every kind to every command (half an hour)"
	@echo "make check    ruff and mypy"
	@echo "make format   let ruff put the code in order"
	@echo "make docs     build the documentation into site/"
	@echo "make clean    remove the environment and caches; data/ and runs/ stay"

install: $(INSTALLED)

# The stamp is newer than what it was installed from, so that an edit installs again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "deeprage needs Python 3.11 or newer: try 'make PYTHON=python3.12 ...'." >&2; exit 2; }
	@echo "Installing into $(VENV) (a few minutes the first time)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(INSTALLED)
	$(BIN)/deeprage demo

test: $(INSTALLED)
	$(BIN)/python -m pytest

crash: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.crash

mutants: $(INSTALLED)
	$(BIN)/python -m tests.mutation --json

fuzz: $(INSTALLED)
	$(BIN)/python -m tests.fuzz --inputs 5000

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
