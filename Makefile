# From a bare Python >= 3.10 to a demo or a test run; `make help` lists the targets.
PYTHON ?= python3
PYTHON_OPENMMLAB ?= $(PYTHON)
# Test processes, one thread each; each begins with its share of the files, and takes of another's when it is done.
JOBS ?= 2
PYTEST = OMP_NUM_THREADS=1 .venv/bin/python -m pytest -q -n $(JOBS) --dist worksteal

# Folder of what is too large for the repository: data sets in data/, ready wheels of mmcv with its compiled ops in wheels/
# (without them the ops are compiled). The scripts of projects/ and the tests read it too.
export MMDECON_SHARED ?= ../shared
WHEELS := $(wildcard $(MMDECON_SHARED)/wheels)
FIND_WHEELS := $(if $(WHEELS),--find-links $(WHEELS))

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help demo test test-wide test-slow test-openmmlab lint docs clean

help:  ## Lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

demo: .venv/.core  ## Pre-trains on bundled images, exports, fine-tunes; report in work_dirs/demo
	.venv/bin/python -m projects.demo

test: .venv/.det  ## Runs the fast tests and the examples in docstrings
	$(PYTEST) --doctest-modules tests mmdecon benchmarks projects/*.py projects/demo/*.py

test-wide: .venv/.det  ## Runs what the fast tests take samples of (every config, head, layout, ...) and whole runs of tools
	$(PYTEST) -m 'wide and not slow' tests

test-slow: .venv/.det  ## Runs the tests that take more than half a minute each
	.venv/bin/python -m pytest -q -m slow tests

test-openmmlab: .venv-openmmlab/.det  ## Runs the same tests and the wide ones on the original OpenMMLab releases (Python <= 3.11)
	$(subst .venv/,.venv-openmmlab/,$(PYTEST)) -m 'not slow' tests

lint: .venv/.dev  ## Checks style, format, spelling, words and types
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m codespell_lib
	.venv/bin/python dev/check_words.py
	.venv/bin/python -m mypy

docs: .venv/.core  ## Builds the documentation site in site/; warnings are errors
	.venv/bin/python -m pip install -c constraints.txt -e '.[docs]'
	.venv/bin/python -m mkdocs build --strict

clean:  ## Removes the environments and everything built (work_dirs stays)
	rm -rf .venv .venv-openmmlab build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache site

# $(call venv,FOLDER,PYTHON,CONSTRAINTS): an environment with a pip and a setuptools new enough for editable installs.
define venv
@$(2) -c 'import sys; sys.exit(sys.version_info < (3, 10) and f"mmdecon needs Python 3.10 or later, but $(2) is " \
	f"{sys.version.split()[0]}: name another with make PYTHON=...")'
$(2) -m venv $(1)
$(1)/bin/python -m pip install --upgrade pip setuptools wheel -c $(3)
endef

# $(call ops,FOLDER,CONSTRAINTS,DISTRIBUTION): mmcv with its compiled ops; needs torch, which pip's isolated builds lack.
define ops
$(1)/bin/python -c 'import torch, mmcv._ext' 2> /dev/null || { \
	echo 'Compiling the ops of mmcv: about 15 minutes on two cores ...'; \
	$(1)/bin/python -m pip install ninja psutil -c $(2); \
	MMCV_WITH_OPS=1 $(1)/bin/python -m pip install --force-reinstall --no-deps --no-build-isolation --no-cache-dir \
		$(FIND_WHEELS) $(3) -c $(2); }
endef

.venv/bin/python:
	$(call venv,.venv,$(PYTHON),constraints.txt)

# What pre-training and segmentation need: no compiled ops.
.venv/.core: setup.py pyproject.toml constraints.txt | .venv/bin/python
	.venv/bin/python -m pip install $(FIND_WHEELS) -c constraints.txt -e '.[onedl,regions]'
	touch $@

# What the checks of style and types need on top.
.venv/.dev: .venv/.core
	.venv/bin/python -m pip install -c constraints.txt -e '.[onedl,regions,dev]'
	touch $@

# What detection and the tests need on top.
.venv/.det: .venv/.core
	$(call ops,.venv,constraints.txt,onedl-mmcv)
	.venv/bin/python -m pip install $(FIND_WHEELS) -c constraints.txt onedl-mim -e '.[onedl,regions,det,probes,projects,test,dev]'
	touch $@

.venv-openmmlab/bin/python:
	$(call venv,.venv-openmmlab,$(PYTHON_OPENMMLAB),constraints-openmmlab.txt)

.venv-openmmlab/.det: setup.py pyproject.toml constraints-openmmlab.txt | .venv-openmmlab/bin/python
	.venv-openmmlab/bin/python -m pip install $(FIND_WHEELS) -c constraints-openmmlab.txt torch torchvision
	$(call ops,.venv-openmmlab,constraints-openmmlab.txt,mmcv)
	.venv-openmmlab/bin/python -m pip install $(FIND_WHEELS) -c constraints-openmmlab.txt \
		openmim -e '.[openmmlab,regions,det-openmmlab,probes,projects,test]'
	touch $@
