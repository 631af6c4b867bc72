"""Where the time of a training step goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import torch
from mmengine.optim import OptimWrapper

from mmdecon.models import DeCon

PARTS = ('data', 'EMA', 'student', 'teacher', 'branches', 'backward', 'optimiser')


class Stopwatch:
    """Adds up the seconds of parts of a step; within a part, another one's time belongs to the outer.

    Args:
        on_gpu: Whether to wait for the GPU at the ends of a part, which makes a step a little slower.
    """

    def __init__(self, on_gpu: bool) -> None:
        self.on_gpu = on_gpu
        self.inside = False
        self.reset()

    def reset(self) -> None:
        """Starts from zero."""
        self.seconds = dict.fromkeys(PARTS, 0.0)

    def now(self) -> float:
        """The time in seconds, after all that was asked of the GPU is done."""
        if self.on_gpu:
            torch.cuda.synchronize()
        return perf_counter()

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Counts what happens within this for a part."""
        if self.inside:
            yield
            return
        self.inside, start = True, self.now()
        try:
            yield
        finally:
            self.seconds[part] += self.now() - start
            self.inside = False

    def watch(self, owner: Any, method: str, part: str) -> None:
        """Counts every call of an object's method for a part."""
        original: Callable[..., Any] = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.timing(part):
                return original(*args, **kwargs)

        setattr(owner, method, timed)

    def watch_step(self, model: DeCon, optim_wrapper: OptimWrapper) -> None:
        """Counts a model's and its optimiser's parts; the optimiser's include clearing the gradients."""
        self.watch(model, 'update_teachers', 'EMA')
        self.watch(model.network.student, 'forward', 'student')
        self.watch(model.network.student, 'encode', 'student')
        if not model.network.shared:
            self.watch(model.network.teacher, 'forward', 'teacher')
        for branch in model.branches.values():
            self.watch(branch, 'forward', 'branches')
        self.watch(optim_wrapper, 'backward', 'backward')
        for method in ('step', 'zero_grad'):
            self.watch(optim_wrapper, method, 'optimiser')
