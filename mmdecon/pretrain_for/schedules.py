"""Schedules of a derived config: what changes with the length of the run."""

from typing import Any

WARM_UP = 5
"""Epochs of warm-up of configs/_base_/schedules."""
LAG, LEAST = 0.1, 0.9
"""How far the teacher follows behind the student at the start, as a share of the run, and the least EMA momentum."""


def short_schedule(epochs: int, steps: int) -> dict[str, Any]:
    """A warm-up of a tenth of the run, where the run is too short for that of the base file.

    Args:
        epochs: Of the run.
        steps: Of the run.

    Returns:
        The entry ``param_scheduler``, or nothing.
    """
    if epochs > 2 * WARM_UP:
        return {}
    warm = steps // 10
    rising = [dict(type='LinearLR', start_factor=0.01, begin=0, end=warm, by_epoch=False)] if warm else []
    falling = dict(type='CosineAnnealingLR', eta_min=1e-6, begin=warm, end=steps, by_epoch=False)
    return dict(param_scheduler=[*rising, falling])


def momentum_start(steps: int, usual: float) -> float:
    """The EMA momentum that a run starts with: a teacher follows ``1 / (1 - momentum)`` steps behind its student.

    With 0.99 rising to 1, a teacher keeps a fifth of its initialisation after 300 steps, and the teacher is exported.

    Args:
        steps: Of the run.
        usual: The method's, for long runs.

    Returns:
        0.9 to ``usual``.

    Examples:
        >>> momentum_start(300, 0.99), momentum_start(10_000, 0.99)
        (0.9667, 0.99)
    """
    return min(usual, max(LEAST, round(1 - 1 / (LAG * max(steps, 1)), 4)))
