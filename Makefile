# Two commands do all the set-up: `make conformance` and `make test`. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help conformance test mock proof mutants crash bench profile check lint types spec constraints clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

conformance: $(READY)  ## Judge the mock, or BASE_URL=... (see README); ARGS=... go to the suite
	@PYTHON=$(BIN)/python sh .ci/conformance $(ARGS)

test: $(READY)  ## Run all tests
	@$(BIN)/python -m pytest -n 4 --dist loadgroup $(ARGS)

mock: $(READY)  ## Serve the mock; ARGS=... go to it
	@$(BIN)/python -m mock_server $(ARGS)

proof: $(READY)  ## Judge every defect, lawful variant and harness fault with three seeds; writes proof.md
	@$(BIN)/python -m tests.targets.proof --page proof.md $(ARGS)

mutants: $(READY)  ## Change the rules of judgement in one small thing at a time, and see that a test notices
	@$(PIP) -c constraints.txt --group mutation
	@$(BIN)/python -m tests.mutants

crash: $(READY)  ## Kill the mock again and again, and see that nothing is lost; ARGS="--rounds N --seed N"
	@$(BIN)/python -m tests.crash $(ARGS)

bench: $(READY)  ## Measure the mock beside what it is made of (needs wrk); ARGS="--seconds N --sessions N"
	@$(BIN)/python -m tests.bench $(ARGS)

profile: $(READY)  ## Show where the time of a cancel goes
	@$(BIN)/python -m tests.bench.profile

check: lint types test  ## Lint, types, tests: what must hold at every commit

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

spec: $(READY)  ## Rebuild openapi/built from the YAML
	@$(BIN)/python -m openapi.build

constraints: ## Pin what a fresh install resolves to today
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) --group dev --group mutation -e '.[mock,conformance,spec]'
	@$(BIN)/python -m pip freeze --all --exclude-editable --exclude setuptools > constraints.txt
	@touch $(READY)

clean:  ## Remove the virtual environment and everything built
	@rm -rf $(VENV) build dist report proof.md mutants .mypy_cache .ruff_cache .pytest_cache .coverage*

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing into $(VENV) (once) ...'
	@$(PIP) -c constraints.txt pip
	@$(PIP) -c constraints.txt --group dev -e '.[mock,conformance,spec]'
	@touch $@
