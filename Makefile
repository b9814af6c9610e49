# Everything a newcomer or CI runs. `make setup` needs Python 3.11 or newer and a package index, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := setup
.PHONY: setup demo test interop histories soak revocations fuzz lint bench pictures wheel lock clean web catalogues system

export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
# Bytecode is written once: every command that a test or a clerk starts would compile all it loads otherwise.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
demo test pictures bench: export YINJIAN_FONTS ?= $(CURDIR)/.fonts

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin/
PO := $(wildcard */locale/*/LC_MESSAGES/*.po */*/locale/*/LC_MESSAGES/*.po)
ARGS ?=
# What clerks' machines run too: Linux, macOS or Windows.
PORTABLE := verify.core verify.shared signing keys
# Compiled at setup: what starts in a place or with settings in which Python writes none would compile it anew each time.
ROOMS := bench examples keys migrations signing tests verify
# And what anybody checks with.
CHECKS := verify.commands.check verify.commands.fetch

setup: .stamps/project $(PO:.po=.mo)
	@$(RUN)python -m compileall -q $(ROOMS)

# uv from the machine, or else from an environment of its own.
.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/bin/python: | $(filter .uv/bin/uv,$(UV))
	$(UV) venv --quiet --allow-existing --python '>=3.11' .venv

.stamps/packages: requirements/dev.txt | .venv/bin/python
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
	mkdir -p .stamps && touch $@

.stamps/project: pyproject.toml .stamps/packages
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	mkdir -p .stamps && touch $@

%.mo: %.po .stamps/packages
	$(RUN)pybabel --quiet compile --input-file $< --output-file $@ --locale $$(basename $$(dirname $$(dirname $<)))

# Free fonts for machines that have none, with rare characters: a Song face, and a face for what it lacks.
.stamps/fonts: requirements/fonts.txt .stamps/packages
	$(UV) pip install --quiet --target .fonts --upgrade --no-deps --require-hashes --requirement requirements/fonts.txt
	touch $@

demo: setup web .stamps/fonts
	exec $(RUN)python -m examples.demo $(ARGS)

# What the tests take from the system: a browser, LibreOffice, fonts, a cache server and PDF tools.
system:
	@bash .ci/system

# The scripts of the pages, bundled into verify/http/static/web.
web: setup
	@bash verify/web/build

# The independent COSE library that reads our statements in the tests wants another cbor2 than anything here: its own place.
.stamps/cose: requirements/cose.txt .stamps/packages
	$(UV) venv --quiet --allow-existing --python '>=3.11' .cose
	$(UV) pip sync --quiet --python .cose/bin/python --require-hashes requirements/cose.txt
	touch $@

# Other people's programs on our log, for the same reason. Two of them ask for a newer Python than they need.
.stamps/judges: requirements/judges.txt
	$(PYTHON) -m venv .judges
	.judges/bin/python -m pip install --quiet --disable-pip-version-check --ignore-requires-python --no-deps \
		--require-hashes --requirement requirements/judges.txt
	mkdir -p .stamps && touch $@

# The outside judges, offline: each with its counts (tests/interop/README.md).
interop: setup .stamps/judges
	$(RUN)python -m pytest -q tests/interop $(ARGS)

test: setup system web .stamps/cose .stamps/judges .stamps/fonts
	$(RUN)python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

# Thousands of random histories, for the core and the database beside a model of the contract; SEED says which.
histories: setup
	YINJIAN_HISTORIES=$(or $(HISTORIES),2000) YINJIAN_SEED=$(or $(SEED),20261126) $(RUN)python -m pytest -q -s --timeout 0 tests/belief

lint: setup
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	@for system in win32 darwin; do \
		$(RUN)mypy --platform $$system --cache-dir .mypy_cache/$$system $(addprefix --package ,$(PORTABLE)) \
		$(addprefix --module ,$(CHECKS)) || exit 1; done
	@bash verify/web/build check

# One wheel: a check's needs bare, the service with [serve], the signing room with [sign]; the pages' scripts are in it.
wheel: setup web
	$(RUN)python -m hatchling build --target wheel

# README's pictures, made anew from a demo.
pictures: setup system web .stamps/fonts
	$(RUN)python -m examples.pictures

bench: setup .stamps/fonts
	@bash .ci/system bench
	$(RUN)python -m bench $(ARGS)

# The database's reader of statements against the core's, on other mutants every time; its seed is printed, and taken.
fuzz: setup
	YINJIAN_MUTANTS=$${YINJIAN_MUTANTS:-200000} YINJIAN_SEED=$${YINJIAN_SEED:-$$RANDOM$$RANDOM} \
		$(RUN)python -m pytest --capture=no --timeout 0 tests/migrations/test_same_reading.py $(ARGS)

# Hours of traffic, publishing and mishaps over the real service, and then a thousand revocations, after each of which
# every worker and replica is asked; `make test` has a short form of both.
soak: setup web
	YINJIAN_SOAK_SECONDS=$(or $(SECONDS),14400) YINJIAN_REVOCATIONS=1000 \
		$(RUN)python -m pytest --capture=no --timeout 0 tests/soak tests/integration/test_replicas.py $(ARGS)

# A thousand revocations and, after each, every worker, the primary and the standby asked a hundred times at once.
revocations: setup web
	YINJIAN_REVOCATIONS=$(or $(REVOCATIONS),1000) \
		$(RUN)python -m pytest --capture=no --timeout 0 tests/integration/test_replicas.py $(ARGS)

# The lock files: hashes of every file of every release, and no registry's name, so that any mirror serves them.
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
COMPILE = $(LOCK) pyproject.toml
lock: | $(filter .uv/bin/uv,$(UV))
	$(COMPILE) $(ARGS) --extra serve --extra sign --extra dev --output-file requirements/dev.txt
	$(COMPILE) --constraint requirements/dev.txt --extra sign --output-file requirements/signer.txt
	$(COMPILE) --constraint requirements/dev.txt --extra serve --output-file requirements/verify.txt
	$(COMPILE) --constraint requirements/dev.txt --output-file requirements/check.txt
	echo babel | $(LOCK) --constraint requirements/dev.txt --output-file requirements/build.txt -
	echo cwt | $(LOCK) --output-file requirements/cose.txt -
	printf '%s\n' aics-tlog aics-witness cwt scitt-cose | $(subst 3.11,3.12,$(LOCK)) --output-file requirements/judges.txt -
	printf '%s\n' noto-cjk-sans-otc pylopdf-fonts-zh-cn | $(LOCK) --no-deps --output-file requirements/fonts.txt -

clean:
	rm -rf .venv .cose .judges .uv .fonts .stamps .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
