"""Learning rates: one for all parameters, or one for pretrained and one for new ones."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import torch
from mmengine.config import Config


class Rate(NamedTuple):
    """Learning rates at the start of the protocol's schedule.

    Attributes:
        new: Of parameters that the start does not hold.
        pretrained: Of those that it holds.
    """

    new: float
    pretrained: float

    def describe(self) -> str:
        """For folders and tables."""
        return f'{self.new:g}' if self.new == self.pretrained else f'{self.new:g}_pretrained_{self.pretrained:g}'


def read_rates(given: Sequence[Any], place: str) -> list[Rate]:
    """Reads rates from a config.

    Args:
        given: Each a number, or ``dict(new=..., pretrained=...)``.
        place: Where they stand, for the message.

    Raises:
        ValueError: If one is something else, or not positive.
    """
    rates = []
    for index, one in enumerate(given):
        pair = dict(new=one, pretrained=one) if isinstance(one, Real) else one
        if not isinstance(pair, Mapping) or set(pair) != {'new', 'pretrained'} or min(pair.values()) <= 0:
            raise ValueError(f'{place}.{index} is {one!r}: give a positive number, or dict(new=..., pretrained=...)')
        rates.append(Rate(float(pair['new']), float(pair['pretrained'])))
    return list(dict.fromkeys(rates))


def for_parts(rates: Sequence[Rate], pretrained: bool) -> list[Rate]:
    """Rates that differ: where nothing is pretrained, the rate of new parts alone counts."""
    return list(dict.fromkeys(rate if pretrained else Rate(rate.new, rate.new) for rate in rates))


def set_rate(cfg: Config, rate: Rate, held: Sequence[str], model: torch.nn.Module) -> None:
    """Puts rates into a fine-tuning config, in place.

    Args:
        cfg: With ``optim_wrapper.optimizer``.
        rate: Of new and pretrained parameters.
        held: Names of the tensors that the start holds.
        model: Of the config, for the names of its parameters.

    Raises:
        ValueError: If the rates differ and the config sets those of single parameters itself.
    """
    cfg.optim_wrapper.optimizer.lr = rate.new
    if rate.new == rate.pretrained or not held:
        return
    own = [key for key in ('constructor', 'paramwise_cfg') if cfg.optim_wrapper.get(key)]
    if own:
        raise ValueError(
            f'rates of new and pretrained parts differ, but optim_wrapper.{own[0]} of {cfg.filename} sets rates of its '
            'own, which they would replace: give one rate for both, or remove it by the options of the protocol'
        )
    cfg.optim_wrapper.paramwise_cfg = dict(custom_keys=custom_keys(rate, held, model))


def custom_keys(rate: Rate, held: Sequence[str], model: torch.nn.Module) -> dict[str, dict[str, float]]:
    """Makes ``paramwise_cfg.custom_keys``: the parts of the start, and within them what it does not hold.

    mmengine takes the longest key that occurs in a parameter's name.

    Args:
        rate: Of new and pretrained parameters.
        held: Names of the tensors that the start holds.
        model: Whose parameters they are.
    """
    parts = sorted({f'{name.partition(".")[0]}.' for name in held})
    new = [name for name, _ in model.named_parameters() if name not in held]
    met = [name for name in new if any(part in name for part in parts)]  # "neck." occurs in "bottleneck.", too
    multiples = [*((part, rate.pretrained / rate.new) for part in parts), *((name, 1.0) for name in met)]
    return {key: dict(lr_mult=multiple) for key, multiple in multiples}
