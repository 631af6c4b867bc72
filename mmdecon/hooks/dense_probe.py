"""Tells during training whether it helps: probes of the network's levels on a few labelled images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from mmengine import dist
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import Tensor

from ..evaluation.draws import draw_images
from ..evaluation.features import parse_feature
from ..evaluation.options import Options
from ..evaluation.probing import probe
from ..evaluation.samples import open_pair
from ..evaluation.subjects import Subject
from ..files import write_json, write_picture
from ..images.seeding import seeded
from ..models.decon import DeCon
from ..models.encoders import evaluating
from ..models.levels import Level
from ..models.network import Network
from ..models.twin import STUDENT, TEACHER
from ..registry import HOOKS
from ..visualization import draw_curves
from ..wrapping import is_sharded, unwrapped

METRICS = ('mIoU', 'foreground_mIoU', 'accuracy')
PREFIX = 'probe/'


@HOOKS.register_module()
class DenseProbe(Hook):
    """Probes levels of the network before training, every so often, and at the end.

    It logs ``probe/<levels>/<method>_<metric>`` (``probe/p2/knn_mIoU``), in percent, and keeps ``probe.json`` and
    ``probe.png``, the curves, in the work directory. No number of the training changes. The first process computes, the
    others wait.

    The checkpoint hook can choose by it: ``default_hooks=dict(checkpoint=dict(save_best='probe/p2/knn_mIoU'))``.

    Args:
        train: Labelled images to learn from: ``dict(images=FOLDER, labels=FOLDER, list_file=FILE, count=N)``, all of
            :func:`~mmdecon.evaluation.open_folder`'s arguments, or a data set of mmseg (with a ``type``).
        val: Labelled images to score on, in the same way.
        levels: What to probe, levels or several joined by ``+``; by default the decoders' finest level alone. All of
            the encoder's joined (``c2+c3+c4+c5``) is what a good decoder has to beat, and costs several times as much.
        interval: Epochs between two probes, or iterations where the training loop counts these.
        half: ``'teacher'`` or ``'student'``.
        options: Of :class:`~mmdecon.evaluation.Options`; by default ``knn`` and ``linear`` on 1000 cells.

    Raises:
        ValueError: If an option is wrong, or the images have no common classes.
    """

    priority = 'ABOVE_NORMAL'  # before the timer starts to count an epoch

    def __init__(
        self,
        train: Mapping[str, Any],
        val: Mapping[str, Any],
        levels: Sequence[str] | None = None,
        interval: int = 10,
        half: str = TEACHER,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if interval < 1 or half not in (STUDENT, TEACHER):
            raise ValueError(
                f'DenseProbe has interval={interval} and half={half!r}: give 1 or more, and student or teacher'
            )
        self.how = replace(Options(cells=1000), **(options or {}))
        self.train, self.val = open_pair(train, val)
        self.levels, self.interval, self.half = levels, interval, half
        self.points: list[dict[str, Any]] = []

    def before_train(self, runner: Runner) -> None:
        """Called by mmengine once checkpoints are loaded; of a resumed run, takes up what was found before.

        Raises:
            ValueError: If the model is no DeCon or is sharded, a level does not exist, or the checkpoint hook waits for
                another score.
        """
        model = unwrapped(runner.model)
        if not isinstance(model, DeCon):
            raise ValueError(
                f'mmdecon.DenseProbe probes a mmdecon.DeCon, but the model is a {type(model).__name__}: probe its '
                'checkpoints with tools/probe.py'
            )
        if is_sharded(runner.model):
            raise ValueError(
                'mmdecon.DenseProbe needs the whole network in each process, and the strategy shards it: leave the '
                'hook out and probe checkpoints with tools/probe.py'
            )
        names = [f'{feature}/{method}' for feature in self._features(runner) for method in self.how.methods]
        known = [f'{PREFIX}{name}_{metric}' for name in names for metric in METRICS]
        strange = [key for hook in self._choosers(runner) for key in hook.save_best if key not in known]
        if strange:
            raise ValueError(
                f'default_hooks.checkpoint.save_best has {strange[0]!r}; mmdecon.DenseProbe gives {", ".join(known)}'
            )
        path = Path(runner.work_dir, 'probe.json')
        if runner.iter and path.is_file():
            self.points = [p for p in json.loads(path.read_text(encoding='utf-8')) if p['iter'] < runner.iter]

    def before_train_epoch(self, runner: Runner) -> None:
        """Probes, where the loop counts epochs."""
        if not isinstance(runner.train_loop, IterBasedTrainLoop) and runner.epoch % self.interval == 0:
            self._look(runner)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Probes, where the loop counts iterations."""
        if isinstance(runner.train_loop, IterBasedTrainLoop) and runner.iter % self.interval == 0:
            self._look(runner)

    def after_train(self, runner: Runner) -> None:
        """Probes what the run ends with."""
        self._look(runner)

    def _look(self, runner: Runner) -> None:
        """Probes, logs, draws, and lets the checkpoint hook choose; once an iteration."""
        if self.points and self.points[-1]['iter'] == runner.iter:
            return
        found: list[Any] = [self._scores(runner) if dist.is_main_process() else None]
        dist.broadcast_object_list(found)  # the others wait here
        scores: dict[str, float] = found[0]
        self.points.append(dict(iter=runner.iter, epoch=runner.epoch, scores=scores))
        for name, value in scores.items():
            runner.message_hub.update_scalar(name, value)
        if dist.is_main_process():
            runner.visualizer.add_scalars(scores, step=runner.iter)
            told = ', '.join(f'{name}: {value:.1f}' for name, value in scores.items() if name.endswith('_mIoU'))
            runner.logger.info(f'iteration {runner.iter}: {told}')
            write_json(Path(runner.work_dir, 'probe.json'), self.points)
            write_picture(Path(runner.work_dir, 'probe.png'), self._draw())
        for hook in self._choosers(runner):
            hook.after_val_epoch(runner, scores)

    def _scores(self, runner: Runner) -> dict[str, float]:
        """Name -> value, in percent; leaves generators and modes as they were."""
        model, features = cast(DeCon, unwrapped(runner.model)), self._features(runner)
        network = cast(Network, model.network.half(self.half))

        def normalise(images: Tensor) -> Tensor:
            view = dict(image=images, box=images.new_zeros(1, 4), flipped=torch.zeros(1, dtype=torch.bool))
            found: Tensor = model.data_preprocessor(dict(views=[view]), training=False)['views'][0].image
            return found

        subject = Subject(self.half, network, {}, normalise, network.levels)
        draws = draw_images(len(self.train), None, 1, self.how.seed)
        with seeded(self.how.seed), evaluating(network):
            rows = probe(subject, features, self.train, self.val, draws, self.how)
        return {
            f'{PREFIX}{row.feature}/{row.method}_{metric}': getattr(row.scores, metric)
            for row in rows
            for metric in METRICS
        }

    def _features(self, runner: Runner) -> dict[str, tuple[str, ...]]:
        """What is probed."""
        model = cast(DeCon, unwrapped(runner.model))
        levels = cast(Network, model.network.half(self.half)).levels
        texts = self.levels or _usual(levels)
        return {text: parse_feature(text, levels, 'DenseProbe.levels: the network') for text in texts}

    def _choosers(self, runner: Runner) -> list[CheckpointHook]:
        """Checkpoint hooks that choose by a probe."""
        hooks = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook) and hook.save_best]
        return [hook for hook in hooks if any(key.startswith(PREFIX) for key in hook.save_best)]

    def _draw(self) -> np.ndarray:
        """The curves of the foreground's mean IoU: a panel for each feature, a curve for each method."""
        steps = np.array([point['iter'] for point in self.points], float)
        panels: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
        for name in self.points[-1]['scores']:
            feature, _, kind = name[len(PREFIX) :].rpartition('/')
            if kind.endswith('_foreground_mIoU'):
                values = np.array([point['scores'][name] for point in self.points], float)
                panels.setdefault(f'{feature}, foreground mIoU', {})[kind.partition('_')[0]] = (steps, values)
        return draw_curves(panels, (300, 420 * len(panels)))


def _usual(levels: Mapping[str, Level]) -> list[str]:
    """The finest level of the decoders or, without any, of the encoder."""
    made = [level for level in levels.values() if level.side == 'decoder'] or list(levels.values())
    return [min(made, key=lambda level: level.stride).name]
