"""What classes of a pre-training config are called in a library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .rules import Rule

SAME: Sequence[Rule] = ((r'(.+)', r'\1'),)


@dataclass(frozen=True)
class Counterpart:
    """A library's class for one of a pre-training config.

    Attributes:
        type: The library's class.
        rules: From the names inside our class to those inside the library's.
        arguments: What the library's class must be told where the config is silent.
    """

    type: str
    rules: Sequence[Rule] = SAME
    arguments: Mapping[str, Any] = field(default_factory=dict)
