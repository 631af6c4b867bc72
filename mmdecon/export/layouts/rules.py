"""Rules by which names inside a class of pre-training become those inside a library's class."""

import re
from collections.abc import Mapping, Sequence

from torch import Tensor

Rule = tuple[str, str]
"""A regular expression, which must match a whole name, and what replaces it."""


def apply_rules(state: Mapping[str, Tensor], rules: Sequence[Rule], where: str) -> dict[str, Tensor]:
    r"""Applies rules to the names of a state dict.

    Args:
        state: Tensors by name.
        rules: Of which exactly one must match each name.
        where: What is renamed, for the message.

    Raises:
        ValueError: If a name fits no rule or several, or two names become one.

    Examples:
        >>> list(apply_rules({'stem.1.bn.weight': None}, [(r'stem\.1\.bn\.(.+)', r'stem.4.\1')], 'encoder'))
        ['stem.4.weight']
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        matches = [match.expand(new) for old, new in rules for match in [re.fullmatch(old, name)] if match]
        if len(matches) != 1:
            raise ValueError(
                f'{where}: {len(matches)} rules of the layout match {name} (it becomes {matches}), one must: correct '
                'them, or choose another layout'
            )
        if matches[0] in renamed:
            raise ValueError(
                f'{where}: {name} and another tensor become {matches[0]} by the rules of the layout: correct them'
            )
        renamed[matches[0]] = value
    return renamed
