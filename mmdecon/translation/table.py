"""Tables that translate the tensors of one architecture between mmdecon's names and a library's, both ways."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from torch import Tensor

WILDCARDS = re.compile(r'\*\*|\*|#')


class Turn(NamedTuple):
    """How the values of a tensor change with its name, and back.

    Attributes:
        there: From mmdecon's tensor to the library's.
        back: From the library's tensor to mmdecon's.
    """

    there: Callable[[Tensor], Tensor]
    back: Callable[[Tensor], Tensor]


def as_it_is(x: Tensor) -> Tensor:
    """The tensor itself."""
    return x


SAME = Turn(as_it_is, as_it_is)


class Pair(NamedTuple):
    """A name in mmdecon and in a library.

    In both, ``#`` stands for a number, ``*`` for a name without dots, and ``**`` for anything; both have the same of
    these in the same order.

    Attributes:
        ours: The name in mmdecon, which is that of mmpretrain, mmseg and mmdet.
        theirs: The name in the library.
        turn: How the values change.
    """

    ours: str
    theirs: str
    turn: Turn = SAME


@dataclass(frozen=True)
class Table:
    """An architecture in mmdecon and in a library.

    Attributes:
        library: The library's import name.
        family: The architecture, such as ``'Swin'``.
        pairs: Names; the first that matches counts.
        lost: Ours that the library has no place for, such as norms behind the first stages.
        rebuilt: Ours that follow from the architecture, which both sides make themselves.
        foreign: Theirs that follow from the architecture, such as masks of attention.
    """

    library: str
    family: str
    pairs: tuple[Pair, ...]
    lost: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Those of our names that the table does not have."""
        return [name for name in names if not self._is_left_out(name) and self._there(name) is None]

    def find_lost(self, names: Iterable[str]) -> list[str]:
        """Those of our names that the library has no place for."""
        return [name for name in names if _any(self.lost, name)]

    def name_there(self, name: str) -> str | None:
        """The library's name of one of ours, None where it has none."""
        found = None if self._is_left_out(name) else self._there(name)
        return None if found is None else found[0]

    def export(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Our tensors as the library has them, without those that it has none for.

        Args:
            state: Tensors by our names.

        Raises:
            ValueError: If two tensors become one.
        """
        made: dict[str, Tensor] = {}
        for name, value in state.items():
            found = None if self._is_left_out(name) else self._there(name)
            if found is None:
                continue
            if found[0] in made:
                raise ValueError(f'{name} and another tensor become {found[0]} by the table of {self.library}')
            made[found[0]] = found[1].there(value)
        return made

    def adopt(self, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The library's tensors as we have them; what is not in the table keeps its name.

        Args:
            state: Tensors by the library's names.
            wanted: Our tensors, which say which of several names is meant, and give what both sides make themselves.
        """
        adopted = {name: x for name, x in wanted.items() if _any(self.rebuilt, name)}
        for name, value in state.items():
            if not _any(self.foreign, name):
                ours, turn = self._back(name, wanted)
                adopted[ours] = turn.back(value) if ours in wanted else value
        return adopted

    def count(self, names: Iterable[str], wanted: Mapping[str, Tensor]) -> int:
        """How many of a library's names become one that is wanted."""
        return sum(self._back(name, wanted)[0] in wanted for name in names)

    def _is_left_out(self, name: str) -> bool:
        """Whether the library has no tensor for one of our names."""
        return _any(self.lost, name) or _any(self.rebuilt, name)

    def _there(self, name: str) -> tuple[str, Turn] | None:
        """The library's name for one of ours, and how its values change."""
        for ours, theirs, turn in self.pairs:
            if match := _pattern(ours).fullmatch(name):
                return _fill(theirs, match.groups()), turn
        return None

    def _back(self, name: str, wanted: Mapping[str, Tensor]) -> tuple[str, Turn]:
        """Our name for one of the library's, and how its values change; the name itself where there is none."""
        found = (name, SAME)
        for ours, theirs, turn in self.pairs:
            if match := _pattern(theirs).fullmatch(name):
                found = (_fill(ours, match.groups()), turn)
                if found[0] in wanted:
                    return found
        return found


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """A regular expression for a template."""
    text = re.escape(template)
    for wildcard, expression in ((r'\*\*', '(.+)'), (r'\*', r'([^.]+)'), (r'\#', r'(\d+)')):
        text = text.replace(wildcard, expression)
    return re.compile(text)


def _fill(template: str, parts: Iterable[str]) -> str:
    """A template with its wildcards replaced, in their order."""
    given = iter(parts)
    return WILDCARDS.sub(lambda _: next(given), template)


def _any(templates: Iterable[str], name: str) -> bool:
    return any(_pattern(template).fullmatch(name) for template in templates)
