"""Measures what probes cost a run of 100 epochs, the demo's pre-training: a quarter of an hour on two CPU cores."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.runner import Runner

from mmdecon.files import write_json
from mmdecon.hooks import DenseProbe
from projects.demo.plan import DATA

CONFIG = Path('projects/demo/configs/pretrain.py')
EPOCHS = 100
RESULT = Path('projects/evidence/results/probe_cost.json')


class TimedProbe(DenseProbe):
    """The hook, with two clocks: seconds on the wall, and of the processor, to which other programs are no matter."""

    def before_train(self, runner: Runner) -> None:
        """Starts the clocks of the run."""
        super().before_train(runner)
        self.begun, self.probing = now(), np.zeros(2)

    def _look(self, runner: Runner) -> None:
        """Adds what a probe takes."""
        begun = now()
        super()._look(runner)
        self.probing += now() - begun

    def report(self) -> dict[str, Any]:
        """Seconds of the run and of its probes, and the share of these in the rest, by each clock."""
        run = now() - self.begun
        times = dict(
            run_s=run.round(1), probes_s=self.probing.round(1), cost=(self.probing / (run - self.probing)).round(4)
        )
        found = {key: dict(zip(('wall', 'processor'), value.tolist())) for key, value in times.items()}
        return dict(found, probes=len(self.points), epochs=EPOCHS)


def now() -> np.ndarray:
    """Seconds on the wall and of the processor; those of workers that load images are not counted."""
    return np.array([time.perf_counter(), time.process_time()])


def make_config() -> Config:
    """Makes the demo's config count epochs."""
    config = Config.fromfile(CONFIG)
    config.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=EPOCHS)
    config.train_dataloader.sampler = dict(type='mmdecon.ViewSampler', shuffle=True)
    config.log_processor = dict(by_epoch=True)
    config.param_scheduler = [dict(type='CosineAnnealingLR', eta_min=1e-6, end=EPOCHS, convert_to_iter_based=True)]
    config.default_hooks.checkpoint = dict(type='CheckpointHook', interval=EPOCHS)
    return config


def labelled(name: str, count: int) -> dict[str, Any]:
    """Some labelled images.

    Args:
        name: Of the list.
        count: How many of it.
    """
    lists = DATA / 'ImageSets/Segmentation'
    folders = dict(images=str(DATA / 'JPEGImages'), labels=str(DATA / 'SegmentationClass'))
    return dict(folders, list_file=str(lists / f'{name}.txt'), count=count)


def main() -> None:
    """Trains with the hook, with its default interval, levels and options, and writes down what it took."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('work_dirs/probe_cost'), help='folder (default: %(default)s)')
    args = parser.parse_args()
    config = make_config()
    config.work_dir = str(args.out)
    runner = Runner.from_cfg(config)
    hook = TimedProbe(labelled('train', 8), labelled('val', 16))
    runner.register_hook(hook)
    runner.train()
    found = dict(hook.report(), steps=runner.iter)
    print(found)
    write_json(RESULT, found)


if __name__ == '__main__':
    main()
