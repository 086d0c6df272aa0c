# Every command of the project; `make` alone explains them.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help run demo demo-reset demo-remove test lint format bench lock migrations screenshots clean

help: ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Set everything up and start Countersign
	@$(BIN)/python manage.py up

demo: $(VENV)/.run ## Show a fictional company with a year behind it, in var/demo
	@$(BIN)/python manage.py demo

demo-reset: $(VENV)/.run ## Load the fictional company anew
	@$(BIN)/python manage.py demo reset

demo-remove: $(VENV)/.run ## Remove the fictional company
	@$(BIN)/python manage.py demo remove

test: $(VENV)/.dev ## Set everything up and run the tests, on SQLite and on PostgreSQL
	$(BIN)/pytest -n 2 --dist loadscope $(ARGS)
	TEST_DATABASE=postgres $(BIN)/pytest -n 2 --dist loadscope -m "not e2e and not slow and not walls" $(ARGS)

lint: $(VENV)/.dev ## Check style, types and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure, print ratios and write var/bench.json
	$(BIN)/python -m tests.benchmarks

migrations: $(VENV)/.dev ## Write missing migrations: make migrations ROOM=evidence NAME=add_blob
	$(BIN)/python manage.py makemigrations $(ROOM) --name $(NAME)

screenshots: $(VENV)/.dev ## Take the screenshots of the docs anew (needs Debian's chromium)
	$(BIN)/python -m tests.e2e.screenshots $(ARGS)

lock: ## Pin all dependencies anew, with hashes and without host names (needs uv)
	deploy/lock

clean: ## Remove the environment and caches; run data under var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.run: deploy/locks/run.txt
	@deploy/environment $(PYTHON) $(VENV) deploy/locks/run.txt
	@touch $@

$(VENV)/.dev: deploy/locks/dev.txt deploy/locks/run.txt
	@deploy/environment $(PYTHON) $(VENV) deploy/locks/dev.txt
	@touch $(VENV)/.run $@
