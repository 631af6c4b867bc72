"""What a run measured, read from its logs, and written when the run is finished."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..files import write_json
from .settings import Protocol

RESULT = 'result.json'
Evaluation = dict[str, Any]
BESIDE = ('time', 'data_time', 'memory')


def read_evaluations(folder: Path, metric: str) -> list[Evaluation]:
    """Reads the evaluations of a run, over all starts of it; what was evaluated again counts once.

    Args:
        folder: The run's work directory.
        metric: Which evaluations tell.

    Returns:
        ``step`` and each metric, in the order of steps.

    Raises:
        ValueError: If there is none.
    """
    found: dict[int, Evaluation] = {}
    names: set[str] = set()
    for row in _rows(folder):
        names |= row.keys()
        if metric in row:
            found[row['step']] = {key: value for key, value in row.items() if key not in BESIDE}
    if not found:
        raise ValueError(
            f'{folder} has not measured {metric!r}, but has logged {", ".join(sorted(names)) or "nothing"}'
        )
    return [found[step] for step in sorted(found)]


def write_result(folder: Path, protocol: Protocol, end: int) -> None:
    """Writes the result of a run that has ended.

    Args:
        folder: The run's work directory.
        protocol: Tells the metric.
        end: The step at which it ends.

    Raises:
        ValueError: If it was not evaluated at its end, or its score is no number.
    """
    evaluations = read_evaluations(folder, protocol.metric)
    last = evaluations[-1]
    if last['step'] != end:
        raise ValueError(f'{folder} was evaluated at step {last["step"]} last, not at its end, {end}')
    if any(one[protocol.metric] != one[protocol.metric] for one in evaluations):
        raise ValueError(f'{folder} has measured {protocol.metric}=NaN: the run diverged, or no such class occurs')
    write_json(folder / RESULT, dict(evaluations=evaluations))


def read_score(folder: Path, protocol: Protocol) -> float:
    """The score of a finished run, as the protocol reports it."""
    values = [one[protocol.metric] for one in json.loads((folder / RESULT).read_text(encoding='utf-8'))['evaluations']]
    if protocol.report == 'last':
        return float(values[-1])
    return float(max(values) if protocol.rule == 'greater' else min(values))


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    """What was logged, the latest start last. A line that a kill has cut off is the last of its file, and left out."""
    for path in sorted(folder.glob('*/vis_data/scalars.json')):
        lines = path.read_text(encoding='utf-8').split('\n')
        for line in lines[:-1]:
            yield json.loads(line)
