"""The runs of a comparison, one for each combination."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mmengine.config import Config

from .images import Name, list_images
from .labels import ALL, count_labels, part_images
from .protocols import read_protocol, scope_of
from .rates import Rate, for_parts
from .settings import Protocol, Settings, Start


@dataclass(frozen=True)
class Run:
    """One fine-tuning run.

    Attributes:
        protocol: Its name.
        start: Its name.
        labels: How many images have labels; 0 for all of a dataset whose images need not be listed.
        seed: Of the labelled images and of all else that is random.
        rate: Learning rates; None for the protocol's.
        tuning: Whether it serves to choose the rate and is not reported.
    """

    protocol: str
    start: str
    labels: int
    seed: int
    rate: Rate | None = None
    tuning: bool = False

    @property
    def folder(self) -> Path:
        """Below the comparison's folder. A reported run's does not tell the rate: there is one for each."""
        which = [f'rate_{self.rate.describe()}'] if self.tuning and self.rate else []
        kind = 'tuning' if self.tuning else 'runs'
        labels = f'{self.labels or ALL}_labels'
        return Path(kind, self.protocol, self.start, labels, *which, f'seed_{self.seed}')


class Task:
    """A protocol with its training images.

    Args:
        settings: All of the comparison.
        protocol: Which one.
    """

    def __init__(self, settings: Settings, protocol: Protocol) -> None:
        self.settings, self.protocol = settings, protocol

    @cached_property
    def cfg(self) -> Config:
        """Its config, without any start's options."""
        return read_protocol(self.protocol, Start('none'))

    @cached_property
    def images(self) -> list[Name]:
        """All training images; empty where they need not be listed, as all are used."""
        if self.settings.tune is None and set(self.settings.labels) == {ALL}:
            return []
        return list_images(self.cfg.train_dataloader.dataset.to_dict(), scope_of(self.cfg))

    @cached_property
    def parted(self) -> tuple[list[Name], list[Name]]:
        """Images to learn from and to score on when rates are chosen."""
        assert self.settings.tune is not None
        return part_images(self.images, self.settings.tune)

    @cached_property
    def counts(self) -> list[int]:
        """Numbers of labelled images."""
        return list(dict.fromkeys(count_labels(one, len(self.images)) for one in self.settings.labels))

    @cached_property
    def tuned_counts(self) -> list[int]:
        """Numbers of labelled images at which rates are chosen; what is more than the images to learn from is all."""
        assert self.settings.tune is not None
        learn = len(self.parted[0])
        if self.settings.tune.labels is None:
            return list(dict.fromkeys(min(count, learn) for count in self.counts))
        return list(dict.fromkeys(count_labels(one, learn) for one in self.settings.tune.labels))

    def tuned_at(self, count: int) -> int:
        """The number of labelled images at which the rate for another number is chosen."""
        return max((one for one in self.tuned_counts if one <= count), default=min(self.tuned_counts))

    def candidates(self, start: Start) -> list[Rate]:
        """Rates that a start may take and that differ for it."""
        return for_parts(self.settings.rates_of(start), start.file is not None)


def tuning_runs(task: Task) -> Iterator[Run]:
    """The runs by which rates are chosen: none for a start with one rate."""
    tune = task.settings.tune
    if tune is None:
        return
    for start in task.settings.starts.values():
        rates = task.candidates(start)
        for count in task.tuned_counts if len(rates) > 1 else ():
            for rate in rates:
                for seed in tune.seeds:
                    yield Run(task.protocol.name, start.name, count, seed, rate, tuning=True)


def reported_runs(task: Task, chosen: dict[tuple[str, str, int], Rate]) -> Iterator[Run]:
    """The runs that are reported.

    Args:
        task: A protocol.
        chosen: (protocol, start, labels at which was chosen) -> rate.
    """
    for count in task.counts:
        for seed in task.settings.seeds:  # starts side by side, so that an unfinished comparison has pairs
            for start in task.settings.starts.values():
                yield Run(task.protocol.name, start.name, count, seed, rate_of(task, start, count, chosen))


def rate_of(task: Task, start: Start, count: int, chosen: dict[tuple[str, str, int], Rate]) -> Rate | None:
    """The rate of a reported run; None for the protocol's, or while it is not chosen."""
    rates: Sequence[Rate] = task.candidates(start)
    if len(rates) > 1:
        return chosen.get((task.protocol.name, start.name, task.tuned_at(count)))
    return rates[0] if rates else None
