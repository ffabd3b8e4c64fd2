# The front door. `make report` builds the evidence site, `make test` proves it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help setup report test lint lock bench clean

help:
	@echo "make report  build the evidence site into build/site"
	@echo "make test    lint, types, layers and every test"
	@echo "make setup   the virtual environment .venv"
	@echo "make bench   benchmarks, as ratios against peers"
	@echo "make lock    re-pin requirements/*.txt"

setup: $(VENV)/.done

$(VENV)/.done: requirements/base.txt requirements/dev.txt pyproject.toml scripts/make_venv.sh
	sh scripts/make_venv.sh "$(PYTHON)" "$(VENV)"
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

report: setup
	@$(BIN)/aponia build --out build/site

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

bench: setup
	$(BIN)/python -m benchmarks

lock:
	sh scripts/lock.sh

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
