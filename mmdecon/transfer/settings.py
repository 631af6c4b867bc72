"""What is to be compared, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..export import PARTS
from .rates import Rate, read_rates

RULES, REPORTS = ('greater', 'less'), ('last', 'best')


@dataclass(frozen=True)
class Start:
    """What fine-tuning starts from: one of three files, or none, which leaves it to the protocol's config.

    Attributes:
        name: In tables and folders.
        checkpoint: Of a DeCon run; exported for the protocol and verified against it.
        part: Of the checkpoint: ``'encoder'`` or ``'encoder+decoder'``.
        half: Of the checkpoint: ``'teacher'`` or ``'student'``.
        decoders: Of the checkpoint; all by default.
        fold_norm: Fold the norms of the checkpoint's necks into their convolutions.
        export: A file of ``tools/export.py``.
        weights: Of another library, such as a supervised classifier's, timm's and mmpretrain's names included.
        into: The part of the fine-tuned model that ``weights`` are of.
        options: By dotted keys, what this start changes of each protocol's config, such as another decoder.
        rates: Instead of the settings' ``rates``.
    """

    name: str
    checkpoint: str | None = None
    part: str = PARTS[1]
    half: str = 'teacher'
    decoders: Sequence[str] | None = None
    fold_norm: bool = False
    export: str | None = None
    weights: str | None = None
    into: str = 'backbone'
    options: Mapping[str, Any] = field(default_factory=dict)
    rates: Sequence[Any] | None = None

    @property
    def file(self) -> str | None:
        """What is loaded, or exported to be loaded."""
        return self.checkpoint or self.export or self.weights

    def check(self, place: str) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: If several files are given, one is missing, or a choice does not exist.
        """
        given = [key for key in ('checkpoint', 'export', 'weights') if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f'{place} has {" and ".join(given)}: give one, or none to start as the protocol says')
        if self.file and not Path(self.file).is_file():
            raise ValueError(f'{place}.{given[0]} is {self.file!r}, where there is no file')
        _choose(place, 'part', self.part, PARTS)
        _choose(place, 'half', self.half, ('teacher', 'student'))


@dataclass(frozen=True)
class Protocol:
    """How is fine-tuned and measured.

    Attributes:
        name: In tables and folders.
        config: A config file of mmseg or mmdet.
        metric: As it is logged: ``'mIoU'``, ``'foreground_mIoU'``, ``'coco/bbox_mAP'``.
        rule: Whether the ``'greater'`` or the ``'less'`` is better.
        report: The ``'last'`` evaluation of a run, or its ``'best'``, which flatters.
        layout: Of exports; by default the config's ``default_scope``.
        options: By dotted keys, what is changed of the config.
    """

    name: str
    config: str
    metric: str = 'mIoU'
    rule: str = RULES[0]
    report: str = REPORTS[0]
    layout: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self, place: str) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: If there is no such config, or a choice does not exist.
        """
        if not Path(self.config).is_file():
            raise ValueError(f'{place}.config is {self.config!r}, where there is no file')
        _choose(place, 'rule', self.rule, RULES)
        _choose(place, 'report', self.report, REPORTS)


@dataclass(frozen=True)
class Tune:
    """How the rate of each start is chosen, without the images that results are reported on.

    Attributes:
        seeds: Of the runs with each rate; their scores' mean decides.
        val: Which of the training images are scored on: a share (0..1), or a file that lists them.
        labels: Numbers of labelled images to choose at, by default those that are reported. A reported number takes
            the choice of the largest of these that is not larger, or else of the smallest.
        draw: Number of the draw that parts the training images, where ``val`` is a share.
    """

    seeds: Sequence[int]
    val: float | str = 0.5
    labels: Sequence[int | str] | None = None
    draw: int = 0

    def check(self, place: str) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: If there are no seeds, or nothing is parted.
        """
        if not self.seeds:
            raise ValueError(f'{place}.seeds is empty: give at least one')
        if isinstance(self.val, str) and not Path(self.val).is_file():
            raise ValueError(f'{place}.val is {self.val!r}, where there is no file')
        if not isinstance(self.val, str) and not 0 < self.val < 1:
            raise ValueError(f'{place}.val is {self.val}: give a share between 0 and 1, or a file that lists images')


@dataclass(frozen=True)
class Launcher:
    """Several processes a run, started by ``mim train mmdecon``; its options of the same names.

    Attributes:
        launcher: ``'pytorch'`` or ``'slurm'``.
        gpus: Of a run.
        gpus_per_node: Slurm's.
        cpus_per_task: Slurm's.
        partition: Slurm's.
        srun_args: Slurm's.
    """

    launcher: str
    gpus: int
    gpus_per_node: int | None = None
    cpus_per_task: int | None = None
    partition: str | None = None
    srun_args: str | None = None

    def check(self, place: str) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: If mim has no such launcher, or lacks what Slurm needs.
        """
        _choose(place, 'launcher', self.launcher, ('pytorch', 'slurm'))
        if self.launcher == 'slurm' and not (self.gpus_per_node and self.partition):
            raise ValueError(f"{place}.launcher is 'slurm', which needs {place}.gpus_per_node and {place}.partition")


@dataclass(frozen=True)
class Settings:
    """All of a comparison.

    Attributes:
        work_dir: Where everything goes.
        starts: What is compared.
        protocols: On what.
        labels: Numbers of labelled images: a count, a percentage (``'10%'``), or ``'all'``.
        seeds: Of the runs. The labelled images depend on the seed: the 8 of one seed are the first of its 24.
        rates: Learning rates. One is used; of several, ``tune`` chooses one for each start. None: the protocol's.
        tune: How is chosen.
        baselines: Starts that all others are compared with; by default the first.
        launcher: For runs in several processes.
        threads: Of a run's process on a CPU; by default OMP_NUM_THREADS decides.
        keep_checkpoints: Whether the models are kept.
    """

    work_dir: Path
    starts: Mapping[str, Start]
    protocols: Mapping[str, Protocol]
    labels: Sequence[int | str]
    seeds: Sequence[int]
    rates: Sequence[Rate] = ()
    tune: Tune | None = None
    baselines: Sequence[str] = ()
    launcher: Launcher | None = None
    threads: int | None = None
    keep_checkpoints: bool = True

    def rates_of(self, start: Start) -> list[Rate]:
        """The rates that a start may take."""
        return list(self.rates) if start.rates is None else read_rates(start.rates, f'starts.{start.name}.rates')


def _choose(place: str, key: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f'{place}.{key} is {value!r}: give one of {", ".join(known)}')
