"""A whole evaluation: networks, each beside itself with random decoders and beside its bare encoder."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ..provenance import code
from .draws import Draw
from .features import default_features, encoder_join, parse_feature
from .options import Options
from .probing import Features, Row, probe
from .random_start import first_images, from_scratch, with_random_decoder
from .split import Split
from .subjects import Subject

GIVEN, RANDOM, ENCODER, SCRATCH = 'given', 'random decoder', 'encoder', 'from scratch'


@dataclass(frozen=True)
class Result:
    """A row of one network.

    Attributes:
        subject: The network's name.
        start: ``given``: levels that were asked for, of the network as it is; ``random decoder``: the
            same with a random decoder; ``from scratch``: with random initialisation throughout; ``encoder``: all levels
            of the encoder joined.
        seed: Of a random initialisation; None otherwise.
        row: The scores.
    """

    subject: str
    start: str
    seed: int | None
    row: Row


def choose_features(subject: Subject, wanted: Sequence[str] | None) -> Features:
    """The features of a network that are probed.

    Args:
        subject: The network.
        wanted: Levels, or levels joined by ``+``; by default each level of its decoders and all joined.

    Raises:
        ValueError: If the network has no such level.
    """
    texts = wanted or default_features(subject.levels)
    return {text: parse_feature(text, subject.levels, subject.name) for text in texts}


def evaluate(
    subjects: Sequence[Subject],
    wanted: Sequence[str] | None,
    train: Split,
    val: Split,
    draws: Sequence[Draw],
    how: Options,
    seeds: Sequence[int] = (0,),
    scratch: bool = False,
    tell: Callable[[str], None] = print,
) -> list[Result]:
    """Probes networks, and what they are to be compared with.

    Args:
        subjects: The networks.
        wanted: Their features, see :func:`choose_features`.
        train: Images to learn from.
        val: Images to score on.
        draws: Which of the training images have labels.
        how: The options.
        seeds: Of the random decoders that each network is compared with; empty for none.
        scratch: Whether each is also compared with the same network from scratch, by the same seeds.
        tell: Takes one line for each network that is done.

    Raises:
        ValueError: If a network lacks a level.
    """
    chosen = [choose_features(subject, wanted) for subject in subjects]  # refuses before any work starts
    results: list[Result] = []
    for subject, features in zip(subjects, chosen):
        bare = encoder_join(subject.levels)
        beside = {bare: tuple(bare.split('+'))} if subject.has_decoder else {}
        rows = probe(subject, {**features, **beside}, train, val, draws, how)
        starts = {bare: ENCODER} if beside else {}
        results += [Result(subject.name, starts.get(row.feature, GIVEN), None, row) for row in rows]
        tell(f'{subject.name}: {len(rows)} results')
        made = {name: levels for name, levels in features.items() if _is_made(levels, subject)}
        yardsticks = [(RANDOM, with_random_decoder, made), *([(SCRATCH, from_scratch, features)] if scratch else [])]
        for start, make, compared in yardsticks:
            for seed in seeds if compared else ():
                random = make(subject, seed, first_images(train))
                rows = probe(random, compared, train, val, draws, how)
                results += [Result(subject.name, start, seed, row) for row in rows]
                tell(f'{random.name}: {len(rows)} results')
    return results


def to_json(results: Sequence[Result], train: Split, val: Split, how: Options, **about: Any) -> dict[str, Any]:
    """Everything that was found, and how, as plain values.

    Args:
        results: Of :func:`evaluate`.
        train: Images to learn from.
        val: Images that were scored on.
        how: The options.
        **about: What else to note.
    """
    rows = [
        dict(subject=r.subject, start=r.start, seed=r.seed, **{**r.row._asdict(), 'scores': asdict(r.row.scores)})
        for r in results
    ]
    data = dict(classes=list(train.classes), train=list(train.names), val=list(val.names))
    made_by = dict(mmdecon=code(), torch=torch.__version__)
    return dict(made_by=made_by, options=asdict(how), data=data, **about, results=rows)


def _is_made(levels: Sequence[str], subject: Subject) -> bool:
    """Whether a decoder makes one of the levels."""
    return any(subject.levels[name].side == 'decoder' for name in levels)
