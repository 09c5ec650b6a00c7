# Everything a user or a developer types. `make setup` makes .venv from the hashed lock; the rest stands on it.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
SECONDS ?= 0

.PHONY: setup demo env test check bench services boards-preview lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tocsin needs Python 3.11 or newer (PYTHON=... chooses one)"; exit 1; }
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# make demo CLUSTER=1: bridge, workers and notifiers over a real Kafka and PostgreSQL, and a worker that is killed.
demo: setup
ifeq ($(CLUSTER),)
	$(BIN)/tocsin demo --seconds $(SECONDS)
else
	$(BIN)/python -m tools.services --only kafka,postgres
	$(BIN)/python -m tools.cluster_demo --seconds $(SECONDS)
endif

# Secrets, certificates and settings for docker-compose.yml; what is there is kept.
# CLUSTER=1: for its profile cluster too.
env: setup
	$(BIN)/tocsin env $(if $(CLUSTER),--cluster)

test: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup
	$(BIN)/tocsin bench

services: setup
	$(BIN)/python -m tools.services

boards-preview: setup
	$(BIN)/python -m tools.boards_preview

lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --all-extras --group dev pyproject.toml -o requirements.lock
	sh tools/clients/lock.sh $(abspath $(BIN))/uv

clean:
	rm -rf $(VENV)
