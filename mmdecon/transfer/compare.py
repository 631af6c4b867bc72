"""A comparison from its settings to its results."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..files import write_json, write_picture, write_text
from .collect import as_chosen, choose_rates, is_finished, read_row
from .pictures import draw_bars, draw_label_curves
from .plan import Run, Task, reported_runs, tuning_runs
from .prepare import Preparer
from .run import Trainer
from .settings import Settings
from .table import report


def compare(settings: Settings, trainer: Trainer, renew: bool = False) -> str:
    """Chooses rates, runs what is missing, and writes ``transfer.json``, ``table.md``, ``bars.png`` and ``curves.png``.

    Args:
        settings: What is compared.
        trainer: Starts the runs.
        renew: Throw away runs of other options that stand in their places.

    Returns:
        The tables.

    Raises:
        ValueError: If something does not fit, before any run starts as far as it can be known then; or if runs fail.
    """
    tasks = [Task(settings, protocol) for protocol in settings.protocols.values()]
    preparers = {task.protocol.name: Preparer(task) for task in tasks}
    _require_starts(tasks, preparers)
    tuning = {task.protocol.name: list(tuning_runs(task)) for task in tasks}
    trainer.run_all([preparers[run.protocol].prepare(run) for runs in tuning.values() for run in runs], renew)
    chosen = [one for task in tasks for one in choose_rates(task, tuning[task.protocol.name])]
    runs = [run for task in tasks for run in reported_runs(task, as_chosen(chosen))]
    trainer.run_all([preparers[run.protocol].prepare(run) for run in runs], renew)
    return write_results(settings, runs, chosen)


def write_results(settings: Settings, runs: Sequence[Run], chosen: Sequence[dict[str, Any]]) -> str:
    """Writes what finished runs have measured.

    Args:
        settings: What is compared.
        runs: The reported ones.
        chosen: Of :func:`choose_rates`.

    Returns:
        The tables.
    """
    rows = [read_row(settings, run) for run in runs]
    about = {key: value for key, value in asdict(settings).items() if key != 'work_dir'}
    write_json(settings.work_dir / 'transfer.json', dict(settings=about, rates=list(chosen), runs=rows))
    text = report(settings, rows, chosen)
    write_text(settings.work_dir / 'table.md', text)
    write_picture(settings.work_dir / 'bars.png', draw_bars(settings, rows))
    write_picture(settings.work_dir / 'curves.png', draw_label_curves(settings, rows))
    return text


def list_runs(settings: Settings) -> list[str]:
    """One line for each run: its folder, its rate, and whether it is done."""
    lines = []
    for task in (Task(settings, protocol) for protocol in settings.protocols.values()):
        tuning = list(tuning_runs(task))
        tuned = all(is_finished(settings, run) for run in tuning)
        chosen = as_chosen(choose_rates(task, tuning)) if tuned else {}
        for run in [*tuning, *reported_runs(task, chosen)]:
            rates = task.candidates(settings.starts[run.start])
            rate = run.rate.describe() if run.rate else 'to be chosen' if rates else "the protocol's"
            state = 'done' if is_finished(settings, run) else 'begun' if _begun(settings, run) else 'to do'
            lines.append(f'{state}: {run.folder}, rate {rate}')
    return lines


def _require_starts(tasks: Sequence[Task], preparers: dict[str, Preparer]) -> None:
    """Makes and verifies the files of all starts, so that one that does not fit is refused before any run."""
    for task in tasks:
        for start in task.settings.starts.values():
            preparers[task.protocol.name].prepare(Run(task.protocol.name, start.name, task.counts[0], 0))


def _begun(settings: Settings, run: Run) -> bool:
    return (settings.work_dir / run.folder).is_dir()
