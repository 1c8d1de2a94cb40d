# make run: the tutorial; make test: all tests. Both set up .venv on the first call only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
EXTRAS := dask,docs,jax,lesson,safetensors,testing,threads
# A worker for each core, of one thread.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8
# A worker runs whole modules, since what their tests share is made once; in their order, since xdist's own takes those of
# few tests last, which may be the longest.
BY_MODULE := --dist loadfile --no-loadscope-reorder

NOX := $(BIN)/nox

.PHONY: help run test lint deep matrix ends coverage api review bench docs dist clean $(VENV)
.DEFAULT_GOAL := help

help:
	@echo "make run    install into $(VENV) if needed, then walk through the whole lesson (ARGS=... for its options)"
	@echo "make test   install into $(VENV) if needed, then run the tests on all cores (ARGS=... for pytest: -n 0 for one)"
	@echo "make lint   ruff check, ruff format --check and mypy --strict"
	@echo "make deep   all tests with many more examples, and the longer ones that 'make test' leaves out"
	@echo "make matrix the tests on each Python and NumPy that is at hand, as a table (ARGS=all: all tests, which takes an hour)"
	@echo "make ends   chosen tests on the oldest Python and NumPy, and on the newest"
	@echo "make coverage  branches that the tests take, by room; exits 2 where they are fewer than pyproject.toml says"
	@echo "make api    what has changed for callers of the public names since the last tag"
	@echo "make review what sp-repo-review finds in this repository"
	@echo "make docs   write what follows from the op table (pages, types), and build the site: out/site/index.html"
	@echo "make dist   build the wheel and the sdist into dist/, and test them in an environment of their own"
	@echo "make bench  speed and memory as ratios to code by hand; exits 1 where a limit is missed (ARGS=... for its options)"

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "autograd_lite needs Python 3.11 or newer; '$(PYTHON) --version' says: $$($(PYTHON) --version 2>&1 || true)" >&2; \
	  echo "Name a newer one: make PYTHON=python3.12 $(or $(MAKECMDGOALS),run)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv  # a fourth of the time that pip takes
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group dev --editable '.[$(EXTRAS)]'
	@touch $@

$(VENV): $(INSTALLED)

run: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m models.tutorial $(ARGS)

test: $(INSTALLED)
	$(PYTEST) $(BY_MODULE) $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

deep: $(INSTALLED)
	$(PYTEST) --dist worksteal -m "" --hypothesis-profile=deep $(ARGS)

matrix: $(INSTALLED)
	$(NOX) -s tests versions -- $(ARGS)

ends: $(INSTALLED)
	$(NOX) -s 'tests(3.11-2.0)' 'tests(3.13-newest)' -- $(ARGS)

coverage: $(INSTALLED)
	$(PYTEST) $(BY_MODULE) --cov --cov-report=json:out/coverage.json --cov-fail-under=0 $(ARGS)
	$(BIN)/python -m tests.support.covered out/coverage.json
	$(BIN)/coverage report --format=total

api: $(INSTALLED)
	$(BIN)/python -m tests.support.public_api

review: $(INSTALLED)
	$(BIN)/sp-repo-review . --show errskip

docs: $(INSTALLED)
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.notebooks
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/site
	@echo "the site: out/site/index.html"

bench: $(INSTALLED)
	$(BIN)/python -m tests.benchmarks $(ARGS)

dist: $(INSTALLED)
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	DIST=$(CURDIR)/dist $(PYTEST) -n 0 -m "" tests/project/test_wheel.py $(ARGS)

clean:
	rm -rf $(VENV) .nox dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage out
