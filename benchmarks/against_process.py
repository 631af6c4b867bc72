"""A process that makes the views of some images when told to, with the mmdecon of any checkout of this repository.

Run as a script, with the checkout in ``PYTHONPATH`` and a config's path as argument. It reads the paths of the images,
as JSON, and writes where its mmdecon is; then it reads seeds, one a line, and writes the processor seconds of an image.
It uses nothing of mmdecon but the transforms that the config names, so that old checkouts work as well.
"""

import sys

sys.path.pop(0)  # the folder of this script, whose names are those of other packages

import json
import os
import random
from time import process_time

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose

import mmdecon


def serve(config: str) -> None:
    """Answers until nobody asks any more.

    Args:
        config: Path of a pre-training config; its regions are left out.
    """
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    paths = json.loads(sys.stdin.readline())
    steps = Config.fromfile(config).train_dataloader.dataset.pipeline
    run = Compose([step for step in steps if step['type'] != 'mmdecon.LoadRegions'])
    _time(run, paths[:2], 0)  # warms up
    print(json.dumps(os.path.realpath(mmdecon.__file__)), flush=True)
    for line in sys.stdin:
        print(_time(run, paths, int(line)), flush=True)


def _time(run: Compose, paths: list[str], seed: int) -> float:
    """Processor seconds of an image."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    start = process_time()
    for path in paths:
        run(dict(img_path=path, name=os.path.basename(path)))
    return (process_time() - start) / len(paths)


if __name__ == '__main__':
    serve(sys.argv[1])
