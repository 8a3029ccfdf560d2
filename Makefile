# Two commands do everything on a fresh machine (Python 3.11, Node 20): `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests libgomp browser console demo test test-all lint lint-python lint-templates lint-console bench openapi clean

PYTHON ?= python3.11
BIN := .venv/bin
DEV_LOCK := infra/local/environments/dev.txt
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# --- set-up ---------------------------------------------------------------------------------------------------

setup: libgomp .venv/.complete-$(shell sha256sum $(DEV_LOCK) Makefile sdk/pyproject.toml infra/local/pyproject.toml 2>/dev/null | sha256sum | cut -c1-12) console/node_modules/.complete console/dist/index.html ## Python and console environments, all locked
	@$(BIN)/sagemaker-local build-env deep
	@$(BIN)/sagemaker-local build-env tabular
	@$(BIN)/sagemaker-local build-env serving
	@$(BIN)/sagemaker-local build-env custom-sklearn

.venv/.complete-%:
	@echo "· Python environment"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python 3.11 is needed: install it, or set PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r $(DEV_LOCK)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e sdk -e infra/local
	@echo "$(CURDIR)/layers/catalog" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/openbml_catalog.pth"
	@rm -f .venv/.complete-*
	@touch $@

console/node_modules/.complete: console/package-lock.json
	@echo "· console packages"
	@command -v npm >/dev/null || { echo "Node 20 with npm is needed"; exit 1; }
	@cd console && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

console/dist/index.html: console/node_modules/.complete console/openapi.json $(shell find console/src console/public console/index.html console/vite.config.ts -type f 2>/dev/null)
	@echo "· console"
	@cd console && npm run --silent build

libgomp: # what LightGBM computes with
	@ldconfig -p 2>/dev/null | grep -q libgomp.so.1 || { echo "· libgomp"; $(SUDO) apt-get update -qq && $(SUDO) DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libgomp1 >/dev/null; }

setup-tests: setup browser

browser: # the tests' browser
	@command -v chromium >/dev/null || { echo "· chromium"; $(SUDO) apt-get update -qq && $(SUDO) DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }

openapi: setup ## Write the control API's description and the console's types from it
	@PYTHONPATH=infra/openapi:layers/platform:layers/catalog:layers/formats $(BIN)/python -m openbml_openapi.merge --output console/openapi.json
	@cd console && npm run --silent generate

# --- the main job ---------------------------------------------------------------------------------------------

demo: setup ## Local cloud up, then: labelled images -> trained model -> prediction API -> bill
	@$(BIN)/bml up
	@$(BIN)/python examples/demo/run.py

# --- checks ---------------------------------------------------------------------------------------------------

test: setup-tests lint ## Everything that must pass before a change lands
	@cd console && npm test --silent
	@$(BIN)/python -m pytest -m "not slow"

test-all: setup-tests lint ## make test plus soak, chaos, conformance
	@cd console && npm test --silent
	@$(BIN)/python -m pytest

lint: lint-python lint-templates lint-console ## ruff, mypy, cfn-lint, sam validate, checkov, eslint, tsc

lint-python: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy layers/platform/openbml layers/catalog/openbml_catalog layers/formats/openbml_formats sdk/openbml_client infra/local/openbml_local infra/local/sagemaker_local infra/openapi/openbml_openapi
	@for handler in functions/*/handler.py; do $(BIN)/mypy --no-error-summary $$handler || exit 1; done

lint-templates: setup
	@$(BIN)/python -m openbml_local.lint_templates

lint-console: setup
	@cd console && npm run --silent lint && npm run --silent typecheck

bench: setup ## Budgets as ratios in one run; written to benchmarks/results/
	@$(BIN)/python -m benchmarks.run_all

clean: ## Remove everything that was made here, except the local cloud's data (bml reset)
	@rm -rf .venv .envs .aws-sam console/node_modules console/dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
