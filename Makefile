# `make demo` and `make test` are all a newcomer needs: each prepares .venv by itself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST ?= $(BIN)/python -m pytest

# What is started often is compiled once, not at every start: half of what a short command takes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what make can do here
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamps hold what the environment was made from: a changed requirement remakes it, an unchanged one costs nothing.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "preparing $(VENV) (once; a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

.PHONY: demo
demo: $(VENV)/.runtime ## the main job on an invented mailbox, nothing to configure
	@$(BIN)/inboxcrm demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev ## every test; those that need a server skip with a line saying how to get it
	@$(PYTEST) $(ARGS)

.PHONY: test-fast
test-fast: $(VENV)/.dev ## the tests that need nothing but Python and do not take long
	@$(PYTEST) -m "not server and not slow" $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.dev ## speed in ratios: backlog from a real Dovecot, push to acknowledgement, search, learned time (minutes)
	@$(BIN)/python -m bench.parts
	@$(BIN)/python -m bench.latency
	@$(BIN)/python -m bench.latency --server dovecot -n 60
	@$(BIN)/python -m bench.latency --server cyrus -n 60
	@$(BIN)/python -m bench.idle
	@$(BIN)/python -m bench.search
	@$(BIN)/python -m bench.backlog $(ARGS)
	@$(BIN)/python -m bench.learning

.PHONY: suggestions
suggestions: $(VENV)/.dev ## precision and recall of suggested commitments on labelled sentences, both halves
	@$(BIN)/python -m tests.suggestions.measure $(ARGS)

.PHONY: year
year: $(VENV)/.dev ## a year of thirty clients by a script, played through the real home: what the tables hold and should not (a minute)
	@$(BIN)/python -m tests.year.play

.PHONY: quiet
quiet: $(VENV)/.dev ## who is found to have gone quiet, how late, and how often wrongly, by shape of client (two minutes)
	@$(BIN)/python -m bench.quiet $(ARGS)

.PHONY: sabotage
sabotage: $(VENV)/.dev ## take each defence away and see whether its test notices (minutes; ARGS=faults for docs/faults.md)
	@$(BIN)/python -m bench.sabotage $(ARGS)

.PHONY: soak
soak: $(VENV)/.dev ## eight simulated hours of random traffic and faults, from a seed (ARGS="--seed 7 --hours 8"; minutes)
	@$(BIN)/python -m bench.soak $(ARGS)

.PHONY: mutants
mutants: $(VENV)/.dev ## which small changes of the gate would no test notice? (half an hour; ARGS=machine.py, ARGS=--again)
	@nice -n 15 $(BIN)/python -m bench.mutation $(ARGS)

.PHONY: format
format: $(VENV)/.dev ## put the code in shape
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: requirements
requirements: ## pin the newest versions again, with hashes and without naming an index (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --output-file requirements/runtime.txt
	uv pip compile pyproject.toml requirements/dev.in --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --output-file requirements/dev.txt

.PHONY: clean
clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
