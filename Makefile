# songkin: `make demo` and `make test` work from a clean clone with Python 3.11–3.13 and its venv module.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: demo test check lint setup format lock weights clean

setup: $(SETUP)

# pip reads hashes from requirements-dev.txt: the same versions everywhere
$(SETUP): pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(SETUP)

weights: $(SETUP) ## fetch MusiCNN and MiniLM once, checked by hash; without a network the rest goes on
	$(BIN)/songkin models pull || echo "Going on without the networks: descriptors and exact words only."

demo: $(SETUP) ## make a small library (or MUSIC=folder), index it, search it by words, by song, by recording
	$(BIN)/songkin demo $(if $(MUSIC),--music "$(MUSIC)")

PAGE := src/songkin/web/static/dist/sources.sha256

$(PAGE): $(SETUP) hatch_build.py $(wildcard frontend/*.* frontend/src/*.js) ## the page's scripts, bundled
	$(BIN)/python hatch_build.py || echo "Without npm the page goes without its scripts."

WIRE := tests/wire/node_modules/.package-lock.json

$(WIRE): tests/wire/package-lock.json ## Qdrant's published types; without npm the tests that need them are skipped
	npm ci --prefix tests/wire --ignore-scripts --no-audit --no-fund --silent || echo "Without npm: Qdrant's types are not checked."

test: $(SETUP) weights $(WIRE) $(PAGE) ## everything that must hold
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3 --dist=loadfile --ignore=tests/faults $(PYTEST) # they wait for the disk more than they compute
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=85 --format=total
	$(BIN)/python -m pytest -n 2 tests/faults $(PYTEST) # kills, full disks, broken files: processes that nobody can measure

check: lint test

lint: $(SETUP) ## style, types, architecture, dependencies, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/codespell src tests tools frontend/src docs README.md CHANGELOG.md Makefile

format: $(SETUP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(SETUP) ## write requirements-dev.txt anew (hashes, no index lines)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist
