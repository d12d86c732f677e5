# What a person or a build does with this tree. `make` alone lists it.
# Needs Python 3.11 or newer and make (3.81 will do); all else is installed
# into $(VENV), from lock files with hashes.

VENV ?= .venv
# The Python that $(VENV) is made with. Empty: the first that fits, see below.
PYTHON ?=

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check
# When this file is newer than what it is made from, $(VENV) is complete.
READY := $(VENV)/.ready
# As much for the environment in it of AWS's services, which want another botocore.
STACK := $(VENV)/ministack/.ready
# And one of those that look for mistakes in what is deployed.
SCAN := $(VENV)/scan/.ready

.DEFAULT_GOAL := help
.PHONY: help venv demo cloud-demo test simulate coverage lint check bench wheel
.PHONY: lambda deployed pages reference scan lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

venv: $(READY) ## set up the virtual environment

demo: $(READY) ## the main job from end to end, with a stand-in for the internet
	$(PY) -m tests.demo

cloud-demo: $(READY) $(STACK) ## the cloud on this machine: Lambda, ECS, S3, Slack
	$(PY) -m tests.cloud_demo

# Two more at a time than there are cores: much of what they do is waiting.
test: $(READY) $(STACK) ## the tests
	$(PY) -m pytest tests/ --dist loadfile --no-loadscope-reorder --durations 20 \
		-n $$($(PY) -c 'import os; print((os.cpu_count() or 1) + 2)')

# 10,000 are among the tests; a million take some hours.
simulate: $(READY) ## the ledger under N schedules of faults (N=1000000)
	$(PY) -m tests.simulation --schedules $(N)

N ?= 1000000

coverage: $(READY) ## that every branch of the ledger is tested
	mkdir -p build
	$(PY) -m coverage run --rcfile=tests/ledger.coveragerc -m pytest -q tests/unit \
		tests/contract/test_documents.py tests/contract/test_event_log.py \
		tests/contract/test_hash_file.py tests/contract/test_ledger_objects.py \
		tests/property/test_codec.py \
		tests/property/test_hash_codec.py tests/property/test_ledger_laws.py \
		tests/property/test_recovery.py tests/property/test_work_codec.py
	$(PY) -m coverage report --rcfile=tests/ledger.coveragerc --fail-under=100

lint: $(READY) ## style, format, types and import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo

check: lint test ## everything a change must pass

reference: $(READY) ## the pages of the reference that come from the code
	$(PY) -m tests.reference

bench: $(READY) ## the benchmarks; renews docs/benchmarks.md
	$(PY) -m benchmarks --write

# What lies in build/ from an older tree would be packed again.
wheel: $(READY) ## the wheel, in dist/
	rm -rf build dist
	$(PY) -m build --quiet --wheel --no-isolation

# With pip of the virtual environment, for a machine of another kind if need be.
lambda: $(READY) ## the zips of the functions, in build/lambda/
	$(PY) infrastructure/build/lambda_zips.py \
		--architecture $(ARCHITECTURE) --runtime $(RUNTIME)

ARCHITECTURE ?= arm64
RUNTIME ?= python3.13

# It wants Terraform with its provider, podman and runc, and root; what of that is not
# there is skipped.
deployed: $(READY) $(STACK) ## each environment applied, and each right missed (minutes)
	BOTTLES_TEST_MINUTES=1 $(PY) -m pytest -v -s \
		tests/e2e/test_terraform_environments.py tests/e2e/test_terraform_rights_lost.py

# It wants Node.js, npm and Chromium. Screenshots are left in build/pages/.
pages: $(READY) ## the status page in Chromium: console, network, axe-core, screenshots
	mkdir -p build/pages
	cp tests/pages/package.json tests/pages/look.js build/pages/
	cd build/pages && npm install --no-fund --no-audit --silent
	$(PY) -m tests.pages build/pages
	node build/pages/look.js build/pages $(CHROMIUM)

CHROMIUM ?= /usr/bin/chromium

# checkov wants other versions of much that we have.
scan: $(SCAN) ## what checkov and hadolint say of what is deployed
	$(VENV)/scan/bin/hadolint infrastructure/build/Dockerfile
	LOG_LEVEL=ERROR $(VENV)/scan/bin/checkov --quiet --compact \
		--directory infrastructure --directory .github \
		--framework terraform dockerfile github_actions \
		--download-external-modules false

# Pins stay as they are while they fit: to move on, delete their lines first.
# In an environment of its own, so that a broken lock can still be mended.
lock: ## the lock files anew
	@$(FIND_PYTHON) && $$found -m venv --clear build/lock
	build/lock/bin/python -m pip --quiet --disable-pip-version-check install uv==0.13.9
	$(COMPILE) setup.cfg --output-file requirements.txt
	$(COMPILE) setup.cfg --output-file requirements-dev.txt --extra dev \
		--constraints requirements.txt
	$(COMPILE) requirements-ministack.in --output-file requirements-ministack.txt
	$(COMPILE) requirements-scan.in --output-file requirements-scan.txt

COMPILE = build/lock/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --custom-compile-command 'make lock'

clean: ## remove what was built, the virtual environment too
	rm -rf $(VENV) build dist *.egg-info .coverage
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that runs (a pyenv shim may be there and still not run), is new
# enough, and can make virtual environments (Debian packs that apart).
CANDIDATES = $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
FITS := import ensurepip, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))
define FIND_PYTHON
for found in $(CANDIDATES) ''; do \
	if $$found -c '$(FITS)' 2>/dev/null; then break; fi; \
done; \
if [ -z "$$found" ]; then \
	echo "No Python 3.11 or newer with its venv module among: $(CANDIDATES)." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS:" >&2; \
	echo "brew install python), or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1; \
fi
endef

# A virtual environment is sound if its Python runs, is new enough and has pip. One
# that is not, for instance because its Python was removed, is made anew.
SOUND := import pip, sys; sys.exit(sys.prefix == sys.base_prefix or sys.version_info < (3, 11))
ifneq ($(shell $(PY) -c '$(SOUND)' 2>/dev/null && echo sound),sound)
.PHONY: $(READY)
endif

# A new room changes what the editable install maps, hence */__init__.py.
$(READY): requirements-dev.txt setup.cfg pyproject.toml $(wildcard */__init__.py)
	@if ! $(PY) -c '$(SOUND)' 2>/dev/null; then \
		$(FIND_PYTHON); \
		echo "Making $(VENV) with $$($$found --version)"; \
		$$found -m venv --clear $(VENV); \
	fi
	$(PIP) install --require-hashes -r requirements-dev.txt
	@# Setuptools warns of editable installs as such.
	PYTHONWARNINGS=ignore $(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(STACK): requirements-ministack.txt | $(READY)
	$(PY) -m venv --clear $(VENV)/ministack
	$(VENV)/ministack/bin/python -m pip --quiet --disable-pip-version-check \
		install --require-hashes -r requirements-ministack.txt
	@touch $@

$(SCAN): requirements-scan.txt | $(READY)
	$(PY) -m venv --clear $(VENV)/scan
	$(VENV)/scan/bin/python -m pip --quiet --disable-pip-version-check \
		install --require-hashes -r requirements-scan.txt
	@touch $@
