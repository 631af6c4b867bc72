"""Results as Markdown: means over seeds, and paired differences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..spreads import spread
from ..tables import head, row
from .collect import Row
from .labels import ALL
from .settings import Protocol, Settings


def by_seed(rows: Sequence[Row], protocol: str, labels: int, start: str) -> dict[int, float]:
    """Seed -> score of one protocol, number of labels and start."""
    wanted = (protocol, labels, start)
    return {one['seed']: one['score'] for one in rows if (one['protocol'], one['labels'], one['start']) == wanted}


def paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Differences of runs with the same seed, and so with the same labelled images."""
    return [ours[seed] - theirs[seed] for seed in ours if seed in theirs]


def score_table(settings: Settings, rows: Sequence[Row]) -> str:
    """One line for each protocol and number of labels, one column for each start: mean and 95 % t-interval."""
    lines = [head(['protocol', 'metric', 'labels', 'seeds', *settings.starts], words=2)]
    for protocol, labels, digits in _groups(settings, rows):
        scores = [list(by_seed(rows, protocol.name, labels, start).values()) for start in settings.starts]
        seeds = '/'.join(str(n) for n in dict.fromkeys(len(values) for values in scores))
        cells = [spread(values).show(digits=digits) if values else '' for values in scores]
        lines.append(row([protocol.name, protocol.metric, labels or ALL, seeds, *cells]))
    return '\n'.join(lines)


def difference_table(settings: Settings, rows: Sequence[Row]) -> str:
    """What each start is better or worse by than each baseline: paired by seed, with the share of seeds that agree."""
    lines = [head(['protocol', 'metric', 'labels', 'start', 'minus', 'difference', 'better'], words=2)]
    for protocol, labels, digits in _groups(settings, rows):
        for baseline, start in pairs(settings):
            ours, theirs = (by_seed(rows, protocol.name, labels, name) for name in (start, baseline))
            values = paired(ours, theirs)
            if values:
                sign = 1 if protocol.rule == 'greater' else -1
                better = f'{sum(sign * value > 0 for value in values)} of {len(values)}'
                told = spread(values).show(sign=True, digits=digits)
                lines.append(row([protocol.name, protocol.metric, labels or ALL, start, baseline, told, better]))
    return '\n'.join(lines)


def rate_table(chosen: Sequence[Mapping[str, Any]]) -> str:
    """The chosen rates."""
    lines = [head(['protocol', 'start', 'labels', 'new', 'pretrained', 'rates tried', 'note'], words=2)]
    for one in chosen:
        note = 'at an end of those tried' if one['at_an_end'] else ''
        rate = [f'{one["rate"][key]:g}' for key in ('new', 'pretrained')]
        lines.append(row([one['protocol'], one['start'], one['labels'] or ALL, *rate, len(one['tried']), note]))
    return '\n'.join(lines)


def report(settings: Settings, rows: Sequence[Row], chosen: Sequence[Mapping[str, Any]]) -> str:
    """All tables, and what their numbers are."""
    parts = [
        'Scores: mean ± half of the 95 % t-interval over seeds.',
        score_table(settings, rows),
        'Differences of runs with the same seed and the same labelled images, with the interval of their mean; '
        '"better" counts seeds.',
        difference_table(settings, rows),
    ]
    if chosen:
        parts += ['Learning rates, chosen on training images that were set aside:', rate_table(chosen)]
    return '\n\n'.join(parts) + '\n'


def pairs(settings: Settings) -> list[tuple[str, str]]:
    """(baseline, start), each two starts once."""
    baselines = list(settings.baselines) or [next(iter(settings.starts))]
    found = [(baseline, start) for baseline in baselines for start in settings.starts if start != baseline]
    return [(one, other) for index, (one, other) in enumerate(found) if (other, one) not in found[:index]]


def _groups(settings: Settings, rows: Sequence[Row]) -> Iterator[tuple[Protocol, int, int]]:
    """Protocols with their numbers of labels, the smallest first, and how many digits their scores need."""
    for protocol in settings.protocols.values():
        ours = [one for one in rows if one['protocol'] == protocol.name]
        digits = 3 if all(abs(one['score']) <= 1 for one in ours) else 1  # a share, or metres; else percent
        for labels in sorted({one['labels'] for one in ours}, key=lambda count: count or float('inf')):
            yield protocol, labels, digits
