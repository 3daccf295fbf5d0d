# Everything that one does with a checkout. A bare machine needs git, make and Python 3.11 or newer with pip; the rest comes
# by itself, into .tools and .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

UV_RELEASE := 0.13.9
TESTERS ?= 2
ECWI_DEMO ?= 1
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never

# The newest Python on PATH that is new enough and runs (version managers leave names that do not).
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11 python3; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then command -v $$name; break; fi; done)
UV = $$(command -v uv || echo .tools/bin/uv)

help: ## Say what can be typed here
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: .venv/ready ## Set up and run everything at http://localhost:8000 (PORT, ECWI_DATA_DIR)
	@set -a; if [ -f .env ]; then . ./.env; fi; ECWI_DEMO="$${ECWI_DEMO:-$(ECWI_DEMO)}"; exec $(BIN)/ecwi-events serve

setup: .venv/ready ## Set up only: leaves a ready .venv

setup-tests: .venv/ready-tests chromium ## Set up what the tests need: PostgreSQL, Valkey, Chromium

test: setup-tests ## Run all tests on SQLite and PostgreSQL, browser tests too
	$(BIN)/python -m pytest -q -n $(TESTERS) --dist loadgroup

check: .venv/ready-tests ## Look at style, types, import contracts and lock files
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/locks.py

fmt: .venv/ready-tests ## Put the code in shape
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .

bench: .venv/ready-tests ## Measure speed and size, as ratios to a limit of the same run
	$(BIN)/python -m benchmarks

soak: setup-tests ## Run for hours: 100,000 sign-ups per engine, killed processes, the long state machine (SOAK_PEOPLE, ROUNDS)
	$(BIN)/python -m pytest -q -m soak --durations=0
	SOAK=1 $(BIN)/python -m pytest -q -rP tests/faults --durations=0
	for round in $$(seq $${ROUNDS:-20}); do $(BIN)/python -m pytest -q -m "crowd or servers" || exit 1; done

docs: .venv/ready-tests ## Write docs/commands.md and docs/permissions.md from what they describe
	$(BIN)/python .ci/commands.py > docs/commands.md
	ECWI_DATA_DIR=$$(mktemp -d) $(BIN)/ecwi-events permissions > docs/permissions.md

lock: .venv/ready-tests ## Make the lock files from pyproject.toml (UPGRADE=1 takes newer releases)
	$(UV) pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --quiet \
		$(if $(UPGRADE),--upgrade) --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' -o requirements.lock
	$(UV) pip compile pyproject.toml --group build --group dev -c requirements.lock --universal --python-version 3.11 \
		--generate-hashes --quiet $(if $(UPGRADE),--upgrade) --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make lock' -o requirements-dev.lock
	$(BIN)/python .ci/locks.py stamp

clean: ## Remove what `make` has set up; data in var/ stay
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help run setup setup-tests test check fmt bench soak docs lock clean chromium

# The environment. What the tests add stays: running after testing takes nothing out again.
.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	@lock=requirements.lock; if [ -e .venv/ready-tests ]; then lock=requirements-dev.lock; fi; $(call install,$$lock)
	@touch $@

.venv/ready-tests: requirements-dev.lock requirements.lock pyproject.toml | .venv/bin/python
	@$(call install,requirements-dev.lock)
	@touch .venv/ready $@

define install
echo "Installing $(1)" && $(UV) pip sync --quiet --python .venv --require-hashes $(1) && \
	$(UV) pip install --quiet --python .venv --no-build-isolation --no-deps -e .
endef

.venv/bin/python:
	@python="$(PYTHON)"; if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed; here is $$(python3 --version 2>&1 || true)." >&2; exit 1; fi; \
	if ! command -v uv >/dev/null && [ ! -x .tools/bin/uv ]; then \
		echo "Installing uv $(UV_RELEASE) into .tools"; \
		$$python -m pip install --quiet --disable-pip-version-check --target .tools uv==$(UV_RELEASE) || { \
		echo "Could not install uv: does $$python have pip? On Debian: apt-get install python3-pip" >&2; exit 1; }; fi; \
	$(UV) venv --quiet --clear --python "$$python" .venv

# The browser of the tests: an installed one, else Debian's package, else Playwright's own; never skipped.
chromium: .venv/ready-tests
	@$(BIN)/python -m tests.servers.chromium
