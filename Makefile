# Needs python3 (3.11 or newer), pip, venv and make. Everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check test-all test-newest django-main bench faults fuzz servers

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/installed-app ## Run the example against the sandbox; ONCE=1 ends after one round trip
	@$(BIN)/python -m example_project.demo

test: $(VENV)/installed-test ## Run the suite on SQLite, with coverage
	$(BIN)/pytest --cov -n auto --dist worksteal

check: $(VENV)/installed-dev ## Lint, types, import contracts, migrations, docs, deploy check, release facts, a little fuzzing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run --settings tests.settings
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --deploy --fail-level WARNING --settings example_project.settings_deploy
	$(BIN)/pytest -q tests/test_release.py
	$(BIN)/python -m tests.fuzz --runs 10000
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

test-all: test servers $(VENV)/installed-dev ## Add PostgreSQL, MariaDB and each pair of Python and Django
	$(BIN)/tox run

test-newest: $(VENV)/installed-dev ## Run the suite with Python 3.14 and 3.15; .ci/pythons installs them
	$(BIN)/tox run -m newest

django-main: $(VENV)/installed-dev ## Try Django's main branch; what fails there fails nothing here
	$(BIN)/tox run -e django-main

bench: $(VENV)/installed-bench ## Measure, with PostgreSQL and MariaDB at hand, and write bench/RESULTS.md
	$(BIN)/python -m bench

faults: $(BIN)/python ## Show which tests show which known fault, and name those without a test
	@$(BIN)/python -m tests.faults

fuzz: $(VENV)/installed-dev ## Try two million requests on the webhooks; SEED=1 repeats a run. Takes half an hour or more
	$(BIN)/python -m bench fuzz

servers: $(VENV)/installed-test
	$(BIN)/python -m tests.servers

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of needs: nothing is installed again until the metadata changes.
$(VENV)/installed-app: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[demo]'
	touch $@

$(VENV)/installed-%: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[$*]'
	touch $@
