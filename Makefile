# make run    the sweep over losses on Omniglot, with its report (10 minutes on 2 cores)
# make test   every test
# Each sets up all it needs, from a fresh clone, in .venv; Python 3.11 or newer, pip and make are enough.

PYTHON ?= python3
BIN := .venv/bin
OMNIGLOT ?= ../shared/data/omniglot

.PHONY: run test lint format bench data-omniglot constraints clean

run: .venv/installed
	$(BIN)/embedlab train -m experiment=omniglot loss=contrastive,triplet,center,arcface seed=1,2

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed-dev
	$(BIN)/python benchmarks/metric_learning.py
	$(BIN)/python benchmarks/framework.py
	$(BIN)/python benchmarks/word_vectors.py
	$(BIN)/python benchmarks/word_runs.py
	$(BIN)/python benchmarks/word_scale.py
	$(BIN)/python benchmarks/ngrams.py
	$(BIN)/python benchmarks/language_modeling.py

# Packs the bundled Omniglot anew from the archives of github.com/brendenlake/omniglot, see the script.
data-omniglot: .venv/installed
	$(BIN)/python scripts/pack_omniglot.py $(OMNIGLOT)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "embedlab needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ .venv/installed

# The tested versions, from the present environment.
constraints: .venv/installed-dev
	( sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable ) > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
