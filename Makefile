# Bare `make` prints the targets. Nothing needs to be typed before any of them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := targets
.PHONY: targets install demo test check fix docs html pictures bench bench-kafka bench-detection simulate nightly drill boards sbom known-faults lock secrets pin clean

PYTHON ?= python3
JOBS ?= 2
SEEDS ?= 500
FROM ?= 0
BIN := .venv/bin
STAMP := .venv/.installed
PYTEST := $(BIN)/python -m pytest
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

targets: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv from the locked versions, then put Tocsin itself into it

$(STAMP): requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tocsin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Say: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## the January 2016 blizzard on a page at 127.0.0.1; ONCE=1: at full speed, ends by itself
	$(BIN)/tocsin demo $(if $(ONCE),--once)

test: $(STAMP) ## all tests but the nightly ones; ARGS='-k word' narrows them
	$(PYTEST) -n $(JOBS) --dist loadgroup $(ARGS)

check: $(STAMP) ## format, lint, types, doors between rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(STAMP) ## format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP) ## fill the reference parts of docs/ from the source
	$(BIN)/python -m docs.reference

html: $(STAMP) ## the documents as a site: build/html/index.html; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -E -b html -c docs/html . build/html

pictures: $(STAMP) ## take the pictures of the documents anew: detectors from a seed by the engine, pages in Chromium
	$(BIN)/python -m benchmarks.pictures
	$(BIN)/python -m docs.pictures

bench: $(STAMP) ## speed of the engine and of intake, memory; the real years of the examples against their labels; names of rises put in; prints the figures
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.csv_to_alerts
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.orders
	$(BIN)/python -m benchmarks.labels
	$(BIN)/python -m benchmarks.names

bench-kafka: $(STAMP) ## one job on Tocsin and on Flink, Kafka Streams, Bytewax, Quix and Faust, on one broker; ARGS='--only ours': some of it
	$(BIN)/python -m benchmarks.peers --kill $(ARGS)

bench-detection: $(STAMP) ## how well the default detector hears on published designs: writes docs/detection.md; LAWS=file: what R wrote (benchmarks/daily.py)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.detection $(if $(LAWS),--laws $(LAWS))

simulate: $(STAMP) ## seeded worlds on virtual time; SEEDS=500: how many, FROM=0: the first; prints the seed of a broken law
	$(BIN)/python -m tests.simulation --from $(FROM) --seeds $(SEEDS) --processes $(JOBS) --quiet

nightly: $(STAMP) ## every test, 2,000 examples of each law of the engine, 400 of another property; prints the seed of a failure
	HYPOTHESIS_PROFILE=nightly $(PYTEST) -n $(JOBS) --dist loadgroup --timeout 7200 -m "nightly or not nightly" $(ARGS)

drill: $(STAMP) ## back a city up under load, kill it, destroy its data, restore them, prove it; prints the figures
	$(BIN)/python -m tests.system.drill

boards: $(STAMP) ## write Grafana's boards (deploy/grafana/boards) from deploy/boards
	$(BIN)/python -m deploy.boards

.venv/supply/.installed: requirements/supply.txt | $(STAMP)
	$(BIN)/python -m venv .venv/supply
	.venv/supply/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

sbom: .venv/supply/.installed ## write dist/tocsin.cdx.json: the bill of materials of the image (CycloneDX)
	@mkdir -p dist
	.venv/supply/bin/cyclonedx-py requirements --pyproject pyproject.toml --of JSON -o dist/tocsin.cdx.json requirements/image.txt

known-faults: .venv/supply/.installed ## what is known of the image's packages (asks an advisory service); for the night
	.venv/supply/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/image.txt

lock: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	requirements/lock

secrets: ## write the files of secrets/ that docker-compose.yml mounts, each once
	deploy/secrets

pin: ## write docker-compose.pinned.yml: the images by digest (needs docker compose and a registry)
	deploy/pin

clean: ## remove caches and builds; .venv and var/ stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find rules alerts streams tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
