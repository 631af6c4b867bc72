"""What is known of a model's decoders while they are found, by trying how they run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor

from ..models.decoders import Decoder
from ..models.encoders import evaluating
from ..models.levels import Level
from ..registry import MODELS

REFUSALS = (
    AssertionError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass
class Found:
    """What was found so far.

    Attributes:
        levels: The levels, by name.
        maps: Level -> blank map.
        given: Names of the levels that the next decoder is given downstream.
        decoders: Name -> config of a decoder, in the order in which they run.
        left: Part of the model -> why it is not pre-trained.
    """

    levels: dict[str, Level]
    maps: dict[str, Tensor]
    given: list[str]
    decoders: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, candidates: Iterator[dict[str, Any]], side: int) -> Decoder:
        """Adds the first decoder that runs.

        Args:
            name: Of the decoder.
            candidates: Configs to try.
            side: Pixels of the image that the maps were made from.

        Raises:
            ValueError: If none runs, with the reason of the first.
        """
        reasons = []
        for config in candidates:
            try:
                decoder, made = _try(config, self.levels, self.maps)
            except REFUSALS as error:
                reasons.append(next(iter(str(error).splitlines()), '') or _place_of(error))
                continue
            self.maps.update(made)
            strides = {key: max(1, round(side / x.shape[2])) for key, x in made.items()}
            self.levels.update({key: Level(key, x.shape[1], strides[key], 'decoder') for key, x in made.items()})
            self.decoders[name] = config
            return decoder
        raise ValueError(reasons[0][:200])


def _place_of(error: Exception) -> str:
    """Where an error without a message was raised, and the line."""
    last = extract_tb(error.__traceback__)[-1]
    return f'{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}: {last.line}'


def _try(
    config: Mapping[str, Any], levels: Mapping[str, Level], maps: Mapping[str, Tensor]
) -> tuple[Decoder, dict[str, Tensor]]:
    """Builds a decoder and runs it on blank maps."""
    decoder: Decoder = MODELS.build({**config}, default_args=dict(levels=levels))
    decoder.require_part()
    with torch.no_grad(), evaluating(decoder):
        return decoder, decoder(maps)
