# One lock file serves everything here. Nothing but Python, its venv module and make is needed.
PYTHON ?= python3
VENV := .venv
# uv installs from the lock file; this version wrote it.
UV_VERSION := 0.13.9
UV := $(VENV)/bin/uv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# axe-core and html-validate judge the report's pages, where there is npm to install them.
JUDGES := tests/browser/node_modules/.package-lock.json

export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
# make is for a person's own machine; servers say what they are (orchestration/environments.py).
export DOING_WITH_ENVIRONMENT ?= local
# The sample and real extracts have homes of their own; HOME_FOLDER names another one.
ifdef LANDING
# A folder is given relative to here; s3:// and abfs:// addresses are whole.
export DOING_WITH_LANDING := $(if $(findstring ://,$(LANDING)),$(LANDING),$(abspath $(LANDING)))
endif
ifdef HOME_FOLDER
export DOING_WITH_HOME := $(abspath $(HOME_FOLDER))
endif

# What a file of tests sets up is set up once, on one core; files with whole nights come first
# (tests/integration/conftest.py), so that no core ends with one of them alone.
BY_FILE := --dist loadfile --no-loadscope-reorder
# Tests wait for servers, browsers and disks, in the slow suite for schedules of a minute too: others
# run meanwhile (two processes on two cores used two thirds of them, 2026-11-26).
ONE_MORE_THAN_CORES := $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))

.PHONY: help setup run ui test test-slow test-campaign test-long spark campaign campaign-gate campaign-seeds campaign-soak campaign-spark screenshots test-spark test-cluster check docs format lock benchmark-ingest benchmark-models benchmark-engines benchmark clean

help: ## Show what can be done
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(STAMP): uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) sync --frozen --inexact --quiet --compile-bytecode
	@touch $(STAMP)

$(JUDGES): tests/browser/package-lock.json tests/browser/package.json
	@if command -v npm >/dev/null; then cd tests/browser && npm ci --loglevel=error --ignore-scripts; \
	else echo "npm is missing: the tests that axe-core and html-validate judge are skipped"; fi

setup: $(STAMP) ## Install everything from the lock file

run: setup ## Run the nightly job: on the sample, or LANDING=<folder>
	$(BIN)/doing-with run

ui: setup ## Open the Dagster UI on loopback, http://127.0.0.1:3000
	$(BIN)/doing-with ui

test: setup $(JUDGES) ## Pass the tests
	$(BIN)/python -m pytest -n $(ONE_MORE_THAN_CORES) $(BY_FILE)

test-slow: setup ## Pass the campaigns that take minutes
	$(BIN)/python -m pytest -m slow -n $(ONE_MORE_THAN_CORES) $(BY_FILE)

test-campaign: setup ## Pass the tests from tick to page, and five nights of the soak
	$(BIN)/python -m pytest -m campaign -n 2 $(BY_FILE) tests/integration

test-long: setup spark ## Pass test-slow, test-campaign, test-spark and campaign-spark at once
	$(BIN)/python -m pytest -m 'slow or campaign' -n $(ONE_MORE_THAN_CORES) $(BY_FILE)

campaign: campaign-gate campaign-seeds campaign-soak ## The campaigns that take hours: the gate, clean nights, the soak

campaign-gate: run ## Plant every named fault before the gate, and pass clean data varied
	$(BIN)/python tests/integration/gate_campaign.py

campaign-seeds: setup ## Pass fifty clean nights on samples of other seeds; NIGHTS= for fewer
	$(BIN)/python tests/integration/seed_campaign.py $(if $(NIGHTS),--nights $(NIGHTS))

campaign-soak: setup ## Run fifty nights in one home, a fault in every fifth; SOAK_NIGHTS= for fewer
	$(BIN)/python tests/integration/soak.py $(if $(SOAK_NIGHTS),--nights $(SOAK_NIGHTS))

spark: setup # 0.5 GB
	$(UV) sync --frozen --inexact --quiet --compile-bytecode --group spark
	@$(BIN)/python -c "import pyspark, dbt.adapters.spark" # without them the tests would be skipped

test-spark: spark ## Compare macros and models on Spark with DuckDB (0.5 GB, Java 17)
	$(BIN)/python -m pytest -m slow tests/spark

test-cluster: setup ## Hold the settings for several machines against Dagster's packages for them
	$(UV) sync --frozen --inexact --quiet --compile-bytecode --group cluster
	@$(BIN)/python -c "import dagster_k8s, dagster_celery" # without them the tests would be skipped
	$(BIN)/python -m pytest tests/cluster

check: setup ## Format, lint and type check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project
	$(BIN)/yamllint --strict .
	$(BIN)/hadolint deploy/Dockerfile

docs: setup ## Build the documentation site, strictly: site/index.html
	@# The notice is about builders to come (docs/decisions: what the documentation is built with).
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Resolve the lock file again
	$(UV) lock

benchmark-ingest: setup ## Measure the intake of a 1 GB CSV beside bare DuckDB; ROWS= for another size
	$(BIN)/python benchmarks/ingest.py $(if $(ROWS),--rows $(ROWS))

benchmark: setup ## Measure a night of a made-up England beside bare DuckDB and pandas; SCALE=1
	$(BIN)/python -m benchmarks.national --scale $(or $(SCALE),0.01)

benchmark-models: run ## Measure what each dbt model costs on the sample, after a night on it
	$(BIN)/python benchmarks/models.py

benchmark-engines: run spark ## Measure the same models on Spark and on DuckDB at growing sizes (0.5 GB, Java 17)
	$(BIN)/python -m benchmarks.engines

campaign-spark: spark ## Build every model of a night again on Spark and compare (0.5 GB, Java 17)
	$(BIN)/python -m pytest -m campaign tests/spark

screenshots: setup ## Take the pictures of docs/images anew, of a home with a refused file; HOME_FOLDER=
	$(BIN)/python tests/browser/screenshots.py --home $(or $(HOME_FOLDER),data/sample)

clean: ## Remove what was made: environment, sample home, caches
	rm -rf $(VENV) data/sample site dbt_project/target .mypy_cache .ruff_cache .pytest_cache
