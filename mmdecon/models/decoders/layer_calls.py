"""What enters and leaves the layers of a module while it runs, and which layers made what it returns.

Shapes: B images, C channels, h x w cells.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

FAILURES = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


class Call(NamedTuple):
    """One call of a layer.

    Attributes:
        path: The layer's place in the module.
        feature: What entered.
        output: What left, as it was then.
        entered: The step of the pass that made ``feature``, as autograd has it; None if no layer with weights did.
        left: The step that made ``output``.
    """

    path: str
    feature: Tensor
    output: Tensor
    entered: Any
    left: Any


def record_calls(module: nn.Module, maps: Sequence[Tensor], also: Sequence[str]) -> tuple[list[Call], list[Tensor]]:
    """Runs a module and records the calls of its layers with weights.

    Args:
        module: It takes a tuple of maps.
        maps: Each (B, C, h, w).
        also: Places of further layers to record.

    Returns:
        The calls, in their order, and all tensors that the module returned.

    Raises:
        ValueError: If it does not run on the maps, or has no such further layer.
    """
    layers = dict(module.named_modules())
    unknown = [path for path in also if path not in layers]
    if unknown:
        raise ValueError(f'{type(module).__name__} has no {unknown[0]}: predictors names layers of the head')
    calls: list[Call] = []

    def see(path: str, layer: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        if given and isinstance(given[0], Tensor) and isinstance(output, Tensor):
            calls.append(Call(path, given[0], output, given[0].grad_fn, output.grad_fn))

    watched = [k for k, v in layers.items() if k in also or any(p.dim() > 1 for p in v.parameters(recurse=False))]
    hooks = [layers[path].register_forward_hook(partial(see, path)) for path in watched]
    try:
        with torch.enable_grad():
            return calls, list(_tensors(module(tuple(maps))))
    except FAILURES as error:
        shapes = [tuple(x.shape) for x in maps]
        raise ValueError(
            f'{type(module).__name__} does not run on levels of the shapes {shapes}: {type(error).__name__}: {error}; '
            'it must take the maps of a neck alone: change its inputs or options, or take another head'
        ) from error
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def watching(module: nn.Module, paths: Iterable[str]) -> Iterator[dict[str, list[Tensor]]]:
    """Within this, what enters some layers of a module is kept.

    Args:
        module: The module.
        paths: The layers' places in it.

    Yields:
        Layer -> what entered, call by call; filled while the module runs.
    """
    seen: dict[str, list[Tensor]] = {path: [] for path in paths}

    def see(path: str, layer: nn.Module, given: tuple[Any, ...]) -> None:
        seen[path].append(given[0])

    hooks = [module.get_submodule(path).register_forward_pre_hook(partial(see, path)) for path in seen]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def first_met(starts: Iterable[Any], made: Mapping[Any, str]) -> set[str]:
    """The layers that are met first on the way back through a pass.

    Args:
        starts: Steps of the pass, as autograd has them; None counts for nothing.
        made: Step -> layer that it ends.
    """
    found, passed, waiting = set(), set(), [node for node in starts if node is not None]
    while waiting:
        node = waiting.pop()
        if node in made:
            found.add(made[node])
        elif node not in passed:
            passed.add(node)
            waiting += [before for before, _ in node.next_functions if before is not None]
    return found


def _tensors(output: Any) -> Iterator[Tensor]:
    """All tensors in what a module returns."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, (list, tuple)):
        for one in output:
            yield from _tensors(one)
