"""The folder of a run before it starts: its config, its list of labelled images, and what it is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..files import write_json, write_text
from .images import Name
from .labels import draw_labels
from .plan import Run, Task
from .protocols import build_model, choose_images, make_resumable, read_protocol, validate_on
from .rates import set_rate
from .starts import Ready, make_ready

RECORD, CONFIG = 'run.json', 'config.py'


@dataclass(frozen=True)
class Prepared:
    """A run, known to the last option.

    Attributes:
        task: Its protocol.
        run: Which.
        ready: What it starts from.
        labelled: The images that it learns from.
        record: What it is: two runs with equal records give the same. Says nothing of where files are.
    """

    task: Task
    run: Run
    ready: Ready
    labelled: list[Name]
    record: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """The run's own."""
        return self.task.settings.work_dir / self.run.folder


class Preparer:
    """Prepares the runs of a protocol; the file of each start is made, verified and read once.

    Args:
        task: The protocol.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._starts: dict[str, tuple[Config, Ready]] = {}

    def prepare(self, run: Run) -> Prepared:
        """Finds out what a run is. Writes nothing but the file of its start.

        Raises:
            ValueError: If the start does not fit, or an option cannot be.
        """
        task = self.task
        if run.start not in self._starts:
            start, folder = task.settings.starts[run.start], task.settings.work_dir / 'starts' / run.protocol
            cfg = read_protocol(task.protocol, start)
            self._starts[run.start] = cfg, make_ready(start, task.protocol, cfg, folder)
        cfg, ready = self._starts[run.start]
        images = task.parted[0] if run.tuning else task.images
        labelled = draw_labels(images, run.labels, run.seed) if images else []
        return Prepared(task, run, ready, labelled, _record(task, run, cfg, ready, labelled))


def require_same(prepared: Prepared, renew: bool) -> bool:
    """Whether a run's folder holds the same run, finished or not.

    Args:
        prepared: The run.
        renew: Whether another run in its place is to be thrown away.

    Returns:
        False if there is none, or another one that is to be thrown away.

    Raises:
        ValueError: If there is another one.
    """
    path = prepared.folder / RECORD
    if not path.is_file():
        return False
    old = json.loads(path.read_text(encoding='utf-8'))
    if old == prepared.record:
        return True
    if renew:
        return False
    before, now = dict(_flat(old)), dict(_flat(prepared.record))
    key = min(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    raise ValueError(
        f'{prepared.folder} holds a run with {key}={before.get(key)!r}, now it is {now.get(key)!r}: set it back, give '
        'another work_dir, or make such runs anew with --renew'
    )


def write_folder(prepared: Prepared) -> Config:
    """Writes what the run starts from and, last, what it is.

    Returns:
        The run's config.

    Raises:
        ValueError: If the dataset does not take the list of images, or the rates cannot be set.
    """
    task, run, ready, folder = prepared.task, prepared.run, prepared.ready, prepared.folder
    cfg = read_protocol(task.protocol, task.settings.starts[run.start])
    train = cfg.train_dataloader.dataset.to_dict()
    choose_images(cfg, task.images, prepared.labelled, folder)
    if run.tuning:
        validate_on(cfg, train, task.parted[1], folder / 'val')
    cfg.load_from = ready.path or cfg.get('load_from')
    cfg.merge_from_dict({'randomness.seed': run.seed})
    if run.rate:
        set_rate(cfg, run.rate, ready.held, build_model(cfg))
    make_resumable(cfg, ready.is_export)
    write_text(folder / CONFIG, cfg.pretty_text)
    write_json(folder / RECORD, prepared.record)
    return cfg


def _record(task: Task, run: Run, cfg: Config, ready: Ready, labelled: list[Name]) -> dict[str, Any]:
    """What a run is, in plain values: independent of where its files are."""
    launcher = task.settings.launcher
    content = dict(
        run=asdict(run),
        labelled=labelled,
        scored=task.parted[1] if run.tuning else None,
        start_sha256=ready.sha256,
        processes=launcher.gpus if launcher else 1,
        threads=task.settings.threads,
        config=cfg.to_dict(),
    )
    plain: dict[str, Any] = json.loads(json.dumps(content, default=repr))
    return plain


def _flat(value: Any, key: str = '') -> Iterator[tuple[str, Any]]:
    """Leaves by dotted keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if not items:
        yield key, value
        return
    for name, item in items:
        yield from _flat(item, f'{key}.{name}' if key else str(name))
