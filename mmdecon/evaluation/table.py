"""Results as Markdown: means over draws, and paired differences."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from ..spreads import spread
from .probing import Row
from .run import ENCODER, GIVEN, RANDOM, SCRATCH, Result

RIVALS = {RANDOM: f'minus {RANDOM}', SCRATCH: f'minus {SCRATCH}', ENCODER: 'minus bare encoder'}
METRICS = ('mIoU', 'foreground_mIoU', 'accuracy')


def table(results: Sequence[Result], metric: str = 'foreground_mIoU') -> str:
    """One line for each map, method and number of labels; columns are the networks and what they are compared with.

    Args:
        results: Of one evaluation.
        metric: A field of the scores.
    """
    columns = list(dict.fromkeys((r.subject, r.start) for r in results if r.start != ENCODER))
    heads = [subject if start == GIVEN else f'{subject}: {start}' for subject, start in columns]
    lines = [_line(['map', 'channels', 'method', 'labels', *heads]), _line(['---'] * (4 + len(heads)))]
    for row in _kinds(results):
        cells = [_values(results, row, metric, *column) for column in columns]
        lines.append(_line([*_names(row), *(spread(list(v.values())).show() if v else '' for v in cells)]))
    return '\n'.join(lines)


def differences(results: Sequence[Result], metric: str = 'foreground_mIoU', as_seeds: bool = False) -> str:
    """What each map of a checkpoint is better by than that of a random decoder, and than the bare encoder.

    Paired: the same images and cells of one draw; of several random decoders their mean counts.

    Args:
        results: Of one evaluation.
        metric: A field of the scores.
        as_seeds: Whether the networks are pre-training runs of one recipe that differ in the seed alone; then there is
            a line for all of them too, with an interval over these seeds.

    Returns:
        A table, with means, 95 % intervals over draws, and the number of draws in which the checkpoint was better.
    """
    others = [other for other in RIVALS if other == RANDOM or any(r.start == other for r in results)]
    heads = ['map', 'method', 'labels', 'network', *(head for other in others for head in (RIVALS[other], 'better'))]
    lines, subjects = [_line(heads), _line(['---'] * len(heads))], list(dict.fromkeys(r.subject for r in results))
    for row in _kinds(r for r in results if r.start == GIVEN):
        feature, _, method, labels = _names(row)
        paired = [[_paired(results, row, metric, subject, other) for other in others] for subject in subjects]
        for subject, pair in zip(subjects, paired):
            lines.append(_line([feature, method, labels, subject, *_told(pair, 'draws')]))
        if as_seeds and len(subjects) > 1:
            means = [[mean(pair[side]) for pair in paired if pair[side]] for side in range(len(others))]
            lines.append(_line([feature, method, labels, f'all {len(subjects)}', *_told(means, 'seeds')]))
    return '\n'.join(lines)


def _paired(results: Sequence[Result], row: Row, metric: str, subject: str, start: str) -> list[float]:
    """Differences from another start draw by draw; the encoder's are those of all its levels joined."""
    ours = _values(results, row, metric, subject, GIVEN)
    bare = [r.row for r in results if r.subject == subject and r.start == ENCODER]
    compared = row._replace(feature=bare[0].feature) if start == ENCODER and bare else row
    theirs = _values(results, compared, metric, subject, start)
    return [ours[draw] - theirs[draw] for draw in ours if draw in theirs]


def _told(pair: Iterable[Sequence[float]], unit: str) -> list[str]:
    """Two cells for each list of differences."""
    cells: list[str] = []
    for values in pair:
        better = f'{sum(value > 0 for value in values)} of {len(values)} {unit}'
        cells += [spread(values).show(sign=True), better] if values else ['', '']
    return cells


def _values(results: Iterable[Result], row: Row, metric: str, subject: str, start: str) -> Mapping[int | None, float]:
    """Draw -> score of a map and method, the mean over random decoders."""
    found: dict[int | None, list[float]] = {}
    for r in results:
        is_start = r.start == start or (start == GIVEN and r.start == ENCODER and r.row.feature == row.feature)
        if r.subject == subject and is_start and _kind(r.row) == _kind(row):
            found.setdefault(r.row.draw, []).append(getattr(r.row.scores, metric))
    return {draw: mean(values) for draw, values in found.items()}


def _kind(row: Row) -> tuple[str, str, int]:
    return row.feature, row.method, row.labels or 0


def _kinds(results: Iterable[Result]) -> list[Row]:
    """One row of each map, method and number of labels, sorted by labels, then as they came."""
    first: dict[tuple[str, str, int], Row] = {}
    for r in results:
        first.setdefault(_kind(r.row), r.row)
    return sorted(first.values(), key=lambda row: row.labels or 0)


def _names(row: Row) -> list[str]:
    return [row.feature, str(row.channels), row.method, 'none' if row.labels is None else str(row.labels)]


def _line(cells: Iterable[str]) -> str:
    return f'| {" | ".join(cells)} |'
