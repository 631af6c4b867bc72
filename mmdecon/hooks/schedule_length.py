"""Whether a run is long enough for its schedules."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mmengine.runner import EpochBasedTrainLoop, Runner


class Span(NamedTuple):
    """Where a scheduler of a config acts in a run, in its own unit.

    Attributes:
        key: Of the scheduler, such as ``param_scheduler.1``.
        kind: Its type.
        unit: ``epoch`` or ``iteration``.
        begin: Its first step.
        end: Where it ends, by default with the run.
        length: Of the run.
    """

    key: str
    kind: str
    unit: str
    begin: int
    end: int
    length: int


def require_room(runner: Runner) -> None:
    """Refuses a scheduler that ends before it begins, which mmengine says without its key, and one that never steps.

    A scheduler with an end of its own that begins only after the run, as of a run cut short to try it, is warned of.

    Args:
        runner: Built, with its training loop; nothing else is.

    Raises:
        ValueError: If there is one; names both lengths and the keys to change.
    """
    by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
    length = f'train_cfg.max_epochs={runner.max_epochs}' if by_epoch else f'train_cfg.max_iters={runner.max_iters}'
    spans = list(_spans(runner, by_epoch))
    for span in spans:
        if span.begin < min(span.end, span.length):
            continue
        before = [one for one in spans if one != span and (one.unit, one.end) == (span.unit, span.begin)]
        warm_up = f', where {before[0].key}.end={span.begin} ends the warm-up' if before else ''
        keys = ' and '.join([f'{one.key}.end' for one in before] + [f'{span.key}.begin'])
        total = '' if by_epoch == (span.unit == 'epoch') else f', {span.length} iterations'
        said = (
            f'{span.key}.begin={span.begin} ({span.kind}) is {span.unit} {span.begin}{warm_up}, but the run has '
            f'{length}{total}'
        )
        if span.end <= span.begin:
            raise ValueError(f'{said}: nothing is left for it; make the run longer, or lower {keys}')
        runner.logger.warning(f'{said}: it never begins; lower {keys} unless the run is meant to stop there')


def _spans(runner: Runner, by_epoch: bool) -> Iterator[Span]:
    """Of each scheduler in the config of the only optimiser."""
    given = runner.param_schedulers or []
    for number, one in enumerate([given] if isinstance(given, Mapping) else given):
        if not isinstance(one, Mapping) or 'type' not in one:  # those of several optimisers, or built ones
            continue
        key, kind, in_epochs = f'param_scheduler.{number}', str(one['type']), one.get('by_epoch', True)
        if in_epochs and not by_epoch and not one.get('convert_to_iter_based'):
            raise ValueError(
                f'{key} ({kind}) counts epochs, which {type(runner.train_loop).__name__} (train_cfg.type) does not '
                f'have: it would never step; set {key}.by_epoch=False'
            )
        if by_epoch or not in_epochs:  # mmengine converts by the length of the loader, whatever that is there
            length, unit = (runner.max_epochs, 'epoch') if in_epochs else (runner.max_iters, 'iteration')
            yield Span(key, kind, unit, one.get('begin', 0), one.get('end', length), length)
