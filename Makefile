# Each target is one sentence in `make help`; what it does is in ops/.
# Settings are environment variables or follow the target: make up CLOCHE_PORT=8001

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup up down status demo test test-attacks test-faults test-setup check fix bench

BIN := .venv/bin
# What mypy reads, strictly. Tests are linted, not typed.
TYPED := api sandbox worker policies store admin ops client/src/cloche
ARGS ?=
# Files of tests run side by side, a process for each core and four at the most: much of a test is waiting for containers.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: environment in .venv, container engine, Redis, sandbox image
	@python=$$(sh ops/python.sh) && "$$python" -m ops.setup

test-setup:
	@python=$$(sh ops/python.sh) && "$$python" -m ops.setup --tests

up: setup ## start Cloche in the background; returns when it is ready
	@$(BIN)/python -m ops.engine up

down: ## stop what `make up` started, sandboxes included; the data stays
	@[ -x $(BIN)/python ] || { echo "cloche: nothing is set up here (there is no .venv)." >&2; exit 0; } && $(BIN)/python -m ops.engine down

status: ## show each part; fails when one is missing
	@[ -x $(BIN)/python ] || { echo "cloche: nothing is set up here yet: run \`make setup\`." >&2; exit 3; } && $(BIN)/python -m ops.engine status

demo: setup ## the whole way of a model: train, upload, ask, watch
	@$(BIN)/python examples/digits/demo.py $(ARGS)

test: test-setup ## run every test, on real Docker and real Redis (ARGS="-k name" to choose)
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-attacks: test-setup ## play every hostile model on this engine (CLOCHE_SANDBOX_RUNTIME=runsc for gVisor)
	@$(BIN)/python -m pytest tests/attacks/test_attacks.py tests/sandbox $(ARGS)

test-faults: test-setup ## kill parts of a running engine under load, round after round (ARGS="--rounds 100 --seed 1")
	@$(BIN)/python -m tests.faults.run $(ARGS)

check: ## lint, formatting, types, direction of imports; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/lint-imports

fix: ## put right what `make check` can put right by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## measure the whole engine and print a table
	@$(BIN)/python benchmarks/run.py $(ARGS)
