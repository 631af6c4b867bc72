"""The EMA momentum of teachers at each step: pure functions of the run's clock.

``teacher = momentum * teacher + (1 - momentum) * student``, as in MoCo and BYOL: 0.99 moves the teacher by one per cent
of the way. (mmengine and mmpretrain write one minus that as ``momentum``.)
"""

import math
from collections.abc import Callable
from typing import NamedTuple


class Clock(NamedTuple):
    """Where a run stands: ``step`` of ``total`` iterations, step counted from 0."""

    step: int
    total: int

    @property
    def progress(self) -> float:
        """The share of the run that is done, 0..1; of a run that goes on longer, 1."""
        return min(self.step / self.total, 1.0)


class Part(NamedTuple):
    """A part of a twin, for schedules that treat parts differently.

    Attributes:
        side: ``'encoder'`` or ``'decoder'``: what the part belongs to; a head belongs to the side of its level.
        name: The part's top-level name inside the twin, such as ``'projector'``.
    """

    side: str
    name: str


Schedule = Callable[[Clock, float, Part], float]


def rise(progress: float, start: float) -> float:
    """Half a cosine from ``start`` at progress 0 to 1 at progress 1 (BYOL, SlotCon, PixPro).

    Args:
        progress: 0..1; beyond 1 the cosine goes on and falls again.
        start: The momentum at the start, 0..1.

    Examples:
        >>> [round(rise(p, 0.99), 5) for p in (0, 0.25, 0.5, 0.75, 1)]
        [0.99, 0.99146, 0.995, 0.99854, 1.0]
    """
    return 1 - (1 - start) * (math.cos(math.pi * progress) + 1) / 2


def cosine(clock: Clock, start: float, part: Part) -> float:
    """``rise`` with one count an iteration, the same for every part."""
    return rise(clock.progress, start)


def constant(clock: Clock, start: float, part: Part) -> float:
    """``start`` throughout (MoCo, DenseCL)."""
    return start


def published_decon(clock: Clock, start: float, part: Part) -> float:
    """What DeCon's published code does, kept so that its runs can be repeated; not recommended.

    Its counter grows twice an iteration, once for each side, so that the teacher stands still half way through the run
    and is as fast at the end as at the start; and the teacher's prototypes on the decoder side never move.

    Examples:
        >>> [round(published_decon(Clock(s, 100), 0.99, Part('encoder', 'encoder')), 4) for s in (0, 50, 100)]
        [0.99, 1.0, 0.99]
        >>> published_decon(Clock(7, 100), 0.99, Part('decoder', 'prototypes'))
        1.0
    """
    on_decoder_side = part.side == 'decoder'
    if on_decoder_side and part.name == 'prototypes':
        return 1.0
    step = min(clock.step, clock.total)
    return rise((2 * step + on_decoder_side) / clock.total, start)


SCHEDULES: dict[str, Schedule] = {f.__name__: f for f in (cosine, constant, published_decon)}
