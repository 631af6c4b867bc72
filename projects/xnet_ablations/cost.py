"""What models of mmseg cost: parameters by part, multiply-adds and the time of a step.

Run as ``python -m projects.xnet_ablations.cost CONFIG... --size 480 640 [--steps 5]``; prints a row of a table each.
"""

import argparse
import logging
import time
from statistics import median
from typing import Any

import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from mmdecon.registry import MODELS

PARTS = ('backbone', 'neck', 'decode_head')


def build(path: str) -> nn.Module:
    """The model of a config, randomly initialised: the files that it would start from need not be there."""
    cfg = Config.fromfile(path)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    return MODELS.build(cfg.model)


def cost(model: nn.Module, size: tuple[int, int]) -> dict[str, Any]:
    """Counts a model.

    Args:
        model: Of mmseg.
        size: Of the image, height and width in pixels.

    Returns:
        Millions of parameters of each of :data:`PARTS` and of ``total``; ``macs``, 10^9 multiply-adds of one image.
    """
    counts = {
        part: sum(p.numel() for p in getattr(model, part).parameters()) if hasattr(model, part) else 0 for part in PARTS
    }
    with torch.no_grad():
        found = get_model_complexity_info(model.eval(), (3, *size), show_table=False, show_arch=False)
    return {
        **{part: count / 1e6 for part, count in counts.items()},
        'total': sum(counts.values()) / 1e6,
        'macs': found['flops'] / 1e9,
    }


def step_time(model: nn.Module, size: tuple[int, int], steps: int, batch_size: int = 2) -> float:
    """Median seconds of a forward and a backward pass, on a GPU where there is one.

    A CPU's are those that the process computed, all threads together, so that other programs hardly disturb them.

    Args:
        model: Of mmseg.
        size: Of the images, height and width in pixels.
        steps: How many to time, after one to warm up.
        batch_size: Images a step.
    """
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    clock = time.perf_counter if device == 'cuda' else time.process_time
    model, seconds = model.to(device).train(), []
    images = torch.randn(batch_size, 3, *size, device=device)
    for _ in range(steps + 1):
        begin = clock()
        model(images, mode='tensor').mean().backward()
        if device == 'cuda':
            torch.cuda.synchronize()
        seconds.append(clock() - begin)
    return median(seconds[1:])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description='What models of mmseg cost.')
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--size', type=int, nargs=2, required=True, metavar=('HEIGHT', 'WIDTH'), help='in pixels')
    parser.add_argument('--steps', type=int, default=0, help='steps of two images to time; none by default')
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)  # a line for each kind of layer that counts as nothing
    for path in arguments.configs:
        model = build(path)
        found = cost(model, tuple(arguments.size))
        cells = [f'{found[key]:.1f}' for key in (*PARTS, 'total')] + [f'{found["macs"]:.1f}']
        if arguments.steps:
            cells.append(f'{step_time(model, tuple(arguments.size), arguments.steps):.2f} s')
        name = path.rpartition('/')[2].removesuffix('.py')
        print(f'| {name} | {" | ".join(cells)} |', flush=True)


if __name__ == '__main__':
    main()
