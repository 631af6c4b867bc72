"""Names of tensors in strangers' files: what precedes a module's own, and what has no place there."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from mmcv.cnn import is_norm
from torch import Tensor, nn

from .twin import TEACHER

HOMELESS = ('fc.', 'head.', 'heads.', 'classifier.', 'mask_token')
BEHIND_THE_LAST_MAP = ('conv_head.', 'bn2.', 'norm.', 'fc_norm.')  # of timm's classifiers
NUMBERED = re.compile(r'(\D+)\d+\.(weight|bias)')


def match_names(
    given: dict[str, Tensor], module: nn.Module, homeless: tuple[str, ...], norms: set[str]
) -> dict[str, str]:
    """The module's name of each tensor, without those that have no place there and start with something homeless.

    Args:
        given: Tensors of a file by name.
        module: Where they go.
        homeless: What names start with that need no place.
        norms: The module's :func:`output_norms`.

    Returns:
        Name in the file -> name in the module; a name that the module does not know stays for a complaint.
    """
    wanted = module.state_dict()
    wrapper = _wrapper(wanted, given)
    joined = {name[len(wrapper) :].replace('.', '_'): name for name in wanted} if wrapper else {}
    homeless += BEHIND_THE_LAST_MAP if wrapper else ()
    matched: dict[str, str] = {}
    for name in given:
        ours = joined.get(name.replace('.', '_'), wrapper + name)
        if ours in wanted or not (name.startswith(homeless) or _kind(name) in map(_kind, norms)):
            matched[name] = ours
    return matched


def _wrapper(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    """What all names of a module that wraps another start with, where those of the file do not.

    timm's feature extractors, which are wrapped so, moreover join the names of stages by underscores; those of ViTs are
    wrapped twice.
    """
    wrapper, firsts = '', {name.partition('.')[0] + '.' for name in wanted}
    while len(firsts) == 1 and all(name.startswith(wrapper + min(firsts)) for name in wanted):
        wrapper += firsts.pop()
        firsts = {name[len(wrapper) :].partition('.')[0] + '.' for name in wanted}
    return '' if any(wrapper and name.startswith(wrapper) for name in given) else wrapper


def output_norms(module: nn.Module, given: Iterable[str]) -> set[str]:
    """Names of a backbone's norms behind its stages: numbered, without statistics, and some of the kind in the file.

    Args:
        module: The backbone.
        given: Names in the file.
    """
    kinds = {_kind(name) for name in given}
    children = [(child, part) for child, part in module.named_children() if is_norm(part) and not list(part.buffers())]
    names = {f'{child}.{field}' for child, part in children for field, _ in part.named_parameters()}
    return {name for name in names if _kind(name) in kinds - {''}}


def _kind(name: str) -> str:
    """What precedes the number of a numbered norm, ``'norm'`` of ``'norm3.weight'``; empty for other tensors."""
    match = NUMBERED.fullmatch(name)
    return match[1] if match else ''


def best_prefix(tensors: Mapping[str, Tensor], module: nn.Module) -> str | None:
    """What more than half of a module's names stand behind in a file, with its dot; None if nothing.

    Of several that as many stand behind it is the teacher's, which is what is exported, or the first.

    Args:
        tensors: Of the file, by name.
        module: The module.
    """
    wanted = module.state_dict()
    found = Counter(
        key[: -len(name)] for name in wanted for key in tensors if key == name or key.endswith('.' + name)
    ).most_common()
    if not found or found[0][1] <= len(wanted) // 2:
        return None
    alike = [prefix for prefix, count in found if count == found[0][1]]
    return next((prefix for prefix in alike if TEACHER in prefix.split('.')), alike[0])


def flatten_tensors(state: Mapping[str, Any], prefix: str = '') -> Iterator[tuple[str, Tensor]]:
    """Tensors by name, those of state dicts inside a file's (``model``, ``teacher``) under its dotted name.

    Args:
        state: What the file holds.
        prefix: What precedes all names.
    """
    for name, value in state.items():
        if isinstance(value, torch.Tensor):
            yield f'{prefix}{name}', value
        elif isinstance(value, Mapping):
            yield from flatten_tensors(value, f'{prefix}{name}.')
