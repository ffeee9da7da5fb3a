# phasegate: `make run` runs the main job, `make test` the tests; both set everything up first.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true  # some packages ship templates no Python can read
BY_FILE := --dist loadfile --no-loadscope-reorder --durations 40
CORE_TESTS := tests/blocks/test_echoes.py tests/judging tests/answering tests/transcripts tests/crm tests/transitions tests/records tests/reports \
  tests/generator tests/operations/test_run_alarms.py tests/operations/test_stuck_runs.py --ignore-glob "*_speed.py" \
  -m "not server and not model and not postgres and not graph and not browser"
.PHONY: help run serve test proof check whole coverage mutation bench drill load lock clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run ## Run the generator on the sample brief, then the sample call, with the embedded demo model
	@$(BIN)/phasegate run
	@$(BIN)/phasegate transcript

serve: $(VENV)/.run ## Start Prefect server, worker and deployments; Ctrl-C stops them
	@$(BIN)/phasegate serve

test: $(VENV)/.dev ## Run the tests, all but those of `make proof`
	$(BIN)/python -m pytest -n 3 $(BY_FILE) -m "not proof"

proof: $(VENV)/.dev ## Run the tests that start, kill and look at whole installations, and those that measure
	$(BIN)/python -m pytest -n 2 $(BY_FILE) -m proof

check: $(VENV)/.dev ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Seven minutes of both processors, which neither tests nor CI have.
whole: $(VENV)/.dev ## Run the thirteen stages on the embedded model, at its shortest, and look at all they left
	$(BIN)/python -m pytest tests/generator/whole_run.py

# The branches of what decides or computes; tests that need a server or a model are not asked for it, nor those of speed,
# which a count of branches slows down.
coverage: $(VENV)/.dev ## Show the branches of the pure core that no test takes
	$(BIN)/coverage run -m pytest -q $(CORE_TESTS)
	$(BIN)/coverage report

# The better part of an hour, so neither `make test` nor CI does it; what it found is in tests/mutation.md.
mutation: $(VENV)/.dev ## Break the code that decides about promotions, piece by piece, and list what no test sees
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

# Takes a while, and is best left alone with the machine; BENCH="--only a,d" runs some, BENCH=--accept makes today's ratios the ones to keep.
bench: $(VENV)/.dev ## Measure what is promised: a table, var/bench.json, and what is worse than accepted
	@$(BIN)/python -m tests.benchmarks $(BENCH)

# Goes on where it was stopped, unless the code is another by now; DRILL="--seed 7 --kills 20" is another one, DRILL=--fresh begins anew.
drill: $(VENV)/.dev ## Kill real processes 200 times and count what was lost or doubled
	@$(BIN)/python -m tests.drills $(DRILL)

load: $(VENV)/.dev ## Pages over a million calls, then queued transcripts against two and four workers
	@failed=0; for what in million "million --postgresql" load; do \
	  $(BIN)/python -m tests.benchmarks.$$what || failed=1; \
	done; exit $$failed

# Locked versions, checked by hash. uv resolves for every supported Python and platform at once.
lock: $(VENV)/.dev ## Renew the lock files
	sh tests/lock.sh $(BIN)/uv

clean: ## Remove the virtual environment and caches (state under var/ stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment is made again when a lock file changes. The lock is complete, so pip installs it as it stands
# (--no-deps) and checks every hash; its bytecode is compiled afterwards, by all processors, where pip would use one. The
# project itself is installed last, without a network, so that `phasegate` is a command and its packages can be imported.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "phasegate needs Python 3.11 to 3.13; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing the locked packages (about a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements.lock
	@$(COMPILE)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements-dev.lock
	@$(COMPILE)
	@touch $@
