"""Which rates were chosen, and all scores, as plain values."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from .plan import Run, Task
from .rates import Rate
from .results import RESULT, read_score
from .settings import Settings

Row = dict[str, Any]
"""A reported run: ``protocol``, ``start``, ``labels`` (0: all, not counted), ``seed``, ``rate`` and ``score``."""


def read_row(settings: Settings, run: Run) -> Row:
    """A finished run with its score."""
    score = read_score(settings.work_dir / run.folder, settings.protocols[run.protocol])
    row = dict(protocol=run.protocol, start=run.start, labels=run.labels, seed=run.seed, score=score)
    return dict(row, rate=run.rate._asdict() if run.rate else None)


def is_finished(settings: Settings, run: Run) -> bool:
    """Whether a run has a result; not whether it is of these options."""
    return (settings.work_dir / run.folder / RESULT).is_file()


def choose_rates(task: Task, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Chooses the rate of each start and number of labels by the mean over seeds; of equal ones the first.

    Args:
        task: A protocol.
        runs: Its finished tuning runs.

    Returns:
        ``protocol``, ``start``, ``labels``, ``rate``, ``tried`` (rate, scores by seed, mean), and ``at_an_end``:
        whether the rate is the smallest or largest of those tried, so that a better one may lie beyond.
    """
    better = max if task.protocol.rule == 'greater' else min
    found: dict[tuple[str, int], dict[Rate, dict[int, float]]] = {}
    for run in runs:
        assert run.rate is not None
        by_rate = found.setdefault((run.start, run.labels), {})
        score = read_score(task.settings.work_dir / run.folder, task.protocol)
        by_rate.setdefault(run.rate, {})[run.seed] = score
    chosen = []
    for (start, labels), by_rate in found.items():
        means = {rate: mean(scores.values()) for rate, scores in by_rate.items()}
        best = better(means, key=lambda rate: means[rate])
        tried = [dict(rate=rate._asdict(), scores=by_rate[rate], mean=means[rate]) for rate in by_rate]
        row = dict(protocol=task.protocol.name, start=start, labels=labels, rate=best._asdict())
        chosen.append(dict(row, at_an_end=_at_an_end(best, list(by_rate)), tried=tried))
    return chosen


def as_chosen(chosen: Sequence[dict[str, Any]]) -> dict[tuple[str, str, int], Rate]:
    """(protocol, start, labels) -> the chosen rate."""
    return {(one['protocol'], one['start'], one['labels']): Rate(**one['rate']) for one in chosen}


def _at_an_end(best: Rate, tried: Sequence[Rate]) -> bool:
    """Whether one of the two rates has values on one side alone."""
    return any(
        len({rate[i] for rate in tried}) > 1 and best[i] in (min(r[i] for r in tried), max(r[i] for r in tried))
        for i in (0, 1)
    )
