#!/usr/bin/env bash
# Measures steps, views, regions and losses with the settings of the documentation: benchmarks/all.sh [OUT]
set -euo pipefail
case ${1:-} in -h | --help) sed -n 2p "$0"; exit ;; esac
out=$(realpath -m "${1:-work_dirs/bench}")
cd "$(dirname "$0")/.."
images=$(realpath -m "${MMDECON_SHARED:-../shared}/data/bsds500")
mkdir -p "$out"

unit=configs/slotcon/slotcon_r50_8xb64-coslr-800e_coco.py
configs=("$unit" "$unit")  # against itself: how far the machine's noise reaches
for kind in sl-slotcon sl-slotcon-fast ml-slotcon ml-slotcon-fast; do
    configs+=("configs/decon/decon-${kind}_r50-fpn_8xb64-coslr-800e_coco.py")
done
python -W ignore -m benchmarks step "${configs[@]}" --json "$out/step.json"
python -W ignore -m benchmarks views configs/_base_/datasets/coco.py --data "$images" --json "$out/views.json"
python -W ignore -m benchmarks regions --data "$images" --json "$out/regions.json"
python -W ignore -m benchmarks loss configs/_base_/branches/densecl.py --queue 4096 16384 65536 131072 --threads 1 \
    --json "$out/loss.json" --plot "$out/loss.png"
