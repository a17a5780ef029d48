# Everything here needs python3 (3.11 or newer) and make, and no environment variable.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: setup demo run test test-sqlite test-postgres lint format bench soak lock screenshots

setup: .venv/.up-to-date

.venv/.up-to-date: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	touch $@

demo: setup
	$(BIN)/python manage.py demo $(if $(filter 1,$(ONCE)),--once)

run: setup
	$(BIN)/python manage.py runserver

# Both at once: many tests wait, and the two cores are never idle.
test: lint
	$(MAKE) --no-print-directory -j2 --output-sync=target test-sqlite test-postgres

test-sqlite: setup
	$(BIN)/python -m pytest -n 2

test-postgres: setup
	$(BIN)/python -m pytest -n 2 --db=postgres -m 'db_matters and not soak'

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m tests.bench

soak: setup
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=soak -m soak

screenshots: setup
	$(BIN)/python -m tests.screenshots

lock:
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --extra dev \
		--generate-hashes --no-annotate --custom-compile-command "make lock" \
		--output-file requirements.lock pyproject.toml
