# Everything a person or a machine runs here. `make` alone lists it.
# Each target sets .venv up first when it has to; when it is ready that costs a few hundredths of a second.

# An environment that happens to be active must not leak into this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

PYTEST = .venv/bin/pytest --numprocesses auto --dist loadgroup --cov

.PHONY: help setup ready demo test test-long lint format dialects template docs requirements clean

help:  ## List what make can do here
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

setup:  ## Make .venv with everything in it (PYTHON=python3.13 to choose one)
	@sh scripts/setup.sh

ready:
	@sh scripts/setup.sh --quiet

demo:  ## The whole pipeline against a simulated Spotify, no account needed
	@sh scripts/setup.sh --quiet --without-spark
	@.venv/bin/chartlake demo

test: lint  ## Lint, type check, layers, and the tests with coverage
	$(PYTEST)

test-long: lint  ## The same, with the tests that take minutes
	$(PYTEST) --long

lint: ready  ## Only the linters and the type checker
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

format: ready  ## Put the code into its format, mend what ruff can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

dialects: ready  ## Write the warehouse's SQL for other engines again (a test compares it)
	.venv/bin/python scripts/dialects.py

template: ready  ## Write the curated tables into the CloudFormation template again (a test compares it)
	.venv/bin/python scripts/template.py

docs: ready  ## Write the generated pages again (tests compare them)
	.venv/bin/python scripts/docs.py

requirements: ready  ## Write what runs in AWS again, from uv.lock (a test compares it)
	.venv/bin/python scripts/requirements.py

clean:  ## Remove what was made: .venv, caches, builds (never a lake)
	rm -rf .venv dist build htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
