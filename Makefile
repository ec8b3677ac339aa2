# Everything runs in .venv, which the first target that needs it makes and fills. `make` alone lists the targets.
PYTHON ?= python3

VENV := .venv
RUN := $(VENV)/bin/python
LOG := $(VENV)/install.log

# A finished installation leaves a stamp whose name holds a checksum of all that decides its content. pip is called again
# only when one of these has changed, not when a checkout touched the files, and so a second run needs no network.
PACKAGES := $(patsubst %/__init__.py,%,$(wildcard spreme/__init__.py systems/__init__.py))
KEY := $(shell { cat pyproject.toml setup.cfg; echo "$(PACKAGES)"; pwd; } | cksum | cut -d ' ' -f 1)
installed = $(VENV)/.installed-$(1)-$(KEY)

# A Python that is asked for by name must be the one that is used; otherwise any .venv that is there will do.
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2> /dev/null)
MADE := $(VENV)/.made$(if $(filter-out file,$(origin PYTHON)),-$(or $(VERSION),none))

# Processes that run the tests; tests/conftest.py says in which order they take the files. 0 for a debugger.
WORKERS ?= 2

export MPLBACKEND = Agg
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help test demo docs bench coverage clean
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# The machine's cores are left to the tests that start threads themselves; BLAS threads on small arrays only get in the way.
test coverage: export OMP_NUM_THREADS = 1
test coverage: export OPENBLAS_NUM_THREADS = 1
test coverage: export MKL_NUM_THREADS = 1

test: $(call installed,test) ## check format, lint and types, then run the tests
	@echo "== ruff format --check"
	@$(RUN) -m ruff format --check .
	@echo "== ruff check"
	@$(RUN) -m ruff check .
	@echo "== mypy $(PACKAGES)"
	@$(RUN) -m mypy $(PACKAGES)
	@echo "== pytest"
	@$(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

demo: $(call installed,core) ## run the demonstration; its results land in build/demo
	@$(RUN) -m systems.demo --out build/demo

docs: $(call installed,docs) ## build the documentation in build/docs, warnings being errors
	@rm -rf build/docs docs/generated
	@$(RUN) -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/docs
	@echo "documentation: build/docs/index.html"

bench: $(call installed,bench) ## run the benchmark, or what is left of it; records and report land in runs
	@$(RUN) -m systems run
	@$(RUN) -m systems report

coverage: $(call installed,test) ## run the tests and report the lines they never reach
	@$(RUN) -m coverage run -m pytest $(PYTEST)
	@$(RUN) -m coverage report

clean: ## remove all that the other targets make
	rm -rf $(VENV) build dist docs/generated docs/exports.rst spreme.egg-info
	rm -rf .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(wildcard spreme systems tests docs) -name __pycache__ -prune -exec rm -rf {} +

# ---------------------------------------------------------------- the environment
define say_python
{ echo "error: $(1)"; echo "Name a Python 3.11 or later: make PYTHON=/path/to/python3 ..."; } >&2; exit 1
endef

define say_log
{ tail -n 15 $(LOG) | cut -c 1-300; echo "error: $(1); the whole story is in $(LOG)"; } >&2; exit 1
endef

# $(1) extra in brackets or nothing, $(2) the stamps this leaves: every extra brings the core along.
define install
@echo "installing spreme$(1) into $(VENV), log in $(LOG)"
@$(RUN) -m pip --version >> $(LOG) 2>&1 || { $(call say_log,$(VENV) is broken: 'make clean' and try again); }
@$(RUN) -m pip install --progress-bar off --editable ".$(1)" >> $(LOG) 2>&1 || { $(call say_log,pip could not install spreme$(1)); }
@touch $(2)
endef

$(MADE):
	@[ -n "$(VERSION)" ] || { $(call say_python,'$(PYTHON)' does not run); }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { $(call say_python,spreme needs Python 3.11 or later and '$(PYTHON)' is $(VERSION)); }
	@echo "making $(VENV) with Python $(VERSION)"
	@rm -rf $(VENV) && mkdir $(VENV)
	@$(PYTHON) -m venv $(VENV) > $(LOG) 2>&1 || { $(call say_log,'$(PYTHON) -m venv' failed); }
	@touch $(VENV)/.made $(VENV)/.made-$(VERSION)

$(call installed,core): $(MADE)
	$(call install,,$@)

$(call installed,test) $(call installed,docs) $(call installed,bench): $(VENV)/.installed-%-$(KEY): $(MADE)
	$(call install,[$*],$@ $(call installed,core))
