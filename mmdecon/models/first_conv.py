"""The first convolution of weights that were made for another number of channels.

Shapes: C channels that a network takes, G channels that weights in a file are for, O outputs of a convolution,
k x k pixels of its kernels.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

RGB = ('red', 'green', 'blue')
CHOICES = "'repeat', 'mean', or a list of the source of each channel, such as ['red', 'green', 'blue', 'mean']"


def adapt_first(
    given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], readers: Iterable[str], how: Any, option: str
) -> tuple[dict[str, Tensor], str]:
    """Makes of convolutions that read G channels some that read C.

    Each channel gets the kernels of its source, times G / C, or G / the number of channels whose source is not
    ``'zero'``. So an image that is alike in all channels is answered as before, exactly with ``'mean'`` and where
    ``'repeat'`` ends with a whole turn, nearly otherwise.

    Args:
        given: Tensors of a file by the module's names.
        wanted: The module's own.
        readers: Names of the module's convolutions that read the image.
        how: ``'repeat'``: channel i has source i modulo G. ``'mean'``: each has the mean of all G. A list: a source for
            each channel, ``'mean'``, ``'zero'``, an index 0..G-1 of the file's channels, or, where G is 3, ``'red'``,
            ``'green'``, ``'blue'``, which are 0, 1 and 2: the order of the weights of torchvision, timm and OpenMMLab,
            whose models see RGB. Name channels of weights for BGR (Caffe's, detectron2's) by index. None: refuse.
        option: What ``how`` is called where it stands, for messages.

    Returns:
        The tensors, and what was done, for the log; empty for nothing.

    Raises:
        ValueError: If G is not C and ``how`` is None, or ``how`` is no choice, or there is no such convolution.
    """
    kernels = [name for name in (f'{reader}.weight' for reader in readers) if name in given]
    changed = [name for name in kernels if differ_in_inputs(given[name], wanted[name])]
    if how is None:
        for name in changed:
            raise ValueError(
                f'{name} reads {given[name].shape[1]} channels in the file and {wanted[name].shape[1]} in the model: '
                f'set {option} to {CHOICES}'
            )
        return dict(given), ''
    if not kernels:
        raise ValueError(f'{option} is {how!r}, but no convolution of the module reads the image: omit it')
    made, said = {}, ''
    for name in kernels if not isinstance(how, str) else changed:
        sources = find_sources(how, given[name].shape[1], wanted[name].shape[1], option)
        made[name], said = _mix(given[name], sources), f'; channels of {name} from {", ".join(map(str, sources))}'
    return {**given, **made}, said


def find_sources(how: Any, given: int, channels: int, option: str) -> list[Any]:
    """The source of each channel.

    Args:
        how: See :func:`adapt_first`.
        given: G.
        channels: C.
        option: What ``how`` is called where it stands, for messages.

    Returns:
        Indices 0..G-1, ``'mean'`` and ``'zero'``.

    Raises:
        ValueError: If ``how`` is no choice, or has another number of sources.

    Examples:
        >>> find_sources('repeat', 3, 4, ''), find_sources(['red', 'blue', 'mean', 'zero'], 3, 4, '')
        ([0, 1, 2, 0], [0, 2, 'mean', 'zero'])
    """
    if how == 'repeat':
        return [i % given for i in range(channels)]
    if how == 'mean':
        return ['mean'] * channels
    colours = dict(zip(RGB, range(given))) if given == len(RGB) else {}
    known: dict[Any, Any] = {**colours, 'mean': 'mean', 'zero': 'zero', **{i: i for i in range(given)}}
    is_list = isinstance(how, Sequence) and not isinstance(how, str)
    if not is_list or any(source not in known for source in how):
        raise ValueError(f'{option} is {how!r}: give {CHOICES}; sources are {", ".join(map(repr, known))}')
    if len(how) != channels or set(how) == {'zero'}:
        raise ValueError(
            f'{option} has {len(how)} sources, {list(how)}, but the model takes {channels} channels: give '
            "one for each, not all 'zero'"
        )
    return [known[source] for source in how]


def differ_in_inputs(given: Tensor, wanted: Tensor) -> bool:
    """Whether two convolutions differ in the number of channels that they read, and in nothing else.

    Args:
        given: Weights, (O, G, k, k).
        wanted: Weights, (O, C, k, k).
    """
    sides = given.shape[:1] + given.shape[2:], wanted.shape[:1] + wanted.shape[2:]
    return given.dim() == wanted.dim() == 4 and given.shape[1] != wanted.shape[1] and sides[0] == sides[1]


def _mix(kernels: Tensor, sources: Sequence[Any]) -> Tensor:
    """(O, G, k, k) -> (O, C, k, k)."""
    mean, zero = kernels.mean(1), torch.zeros_like(kernels[:, 0])
    planes = [zero if s == 'zero' else mean if s == 'mean' else kernels[:, s] for s in sources]
    return torch.stack(planes, 1) * (kernels.shape[1] / sum(source != 'zero' for source in sources))
