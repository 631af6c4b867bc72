"""The yardsticks: the same network with a decoder, or with everything, of a random initialisation."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..images.seeding import seeded
from ..models.network import Network
from ..registry import MODELS
from .split import Split
from .subjects import Subject

CALIBRATION = 16  # images whose statistics the norms of a random decoder get


def first_images(split: Split) -> list[np.ndarray]:
    """The images that norms of random decoders take their statistics from."""
    return [split[index].image for index in range(min(CALIBRATION, len(split)))]


def with_random_decoder(subject: Subject, seed: int, images: Sequence[np.ndarray]) -> Subject:
    """Makes the yardstick of a network.

    Args:
        subject: The network; it stays as it is.
        seed: Of the decoder's weights.
        images: Some, (H, W, 3), uint8, BGR, cut to their common size. The decoder's batch norms, which have counted
            nothing yet, take their statistics from them, so that the yardstick does not suffer from norms that do not
            normalise.
    """
    network = _draw(subject, seed)
    network.encoder.load_state_dict(subject.network.encoder.state_dict())
    random = replace(subject, name=f'{subject.name}, random decoder {seed}', network=network)
    _calibrate(random, network.decoder, images)
    return random


def from_scratch(subject: Subject, seed: int, images: Sequence[np.ndarray]) -> Subject:
    """Makes the yardstick of a network whose encoder was not pretrained when it began.

    Args:
        subject: The network; it stays as it is.
        seed: Of all weights.
        images: As for :func:`with_random_decoder`, for all batch norms.
    """
    random = replace(subject, name=f'{subject.name}, from scratch {seed}', network=_draw(subject, seed))
    _calibrate(random, random.network, images)
    return random


def _draw(subject: Subject, seed: int) -> Network:
    """The network with all weights drawn anew, on the same device."""
    config = {**subject.config, 'freeze_encoder': False}
    with seeded(seed):
        network = MODELS.build(config)
        network.init_weights()
    return network.to(next(subject.network.parameters()).device).eval()


def _calibrate(subject: Subject, part: nn.Module, images: Sequence[np.ndarray]) -> None:
    """Has a part's batch norms count one batch."""
    norms = [module for module in part.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    height, width = (min(image.shape[axis] for image in images) for axis in (0, 1))
    batch = torch.cat([subject.prepare(image[:height, :width]) for image in images])
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum, norm.training = 1.0, True
    with torch.no_grad():
        subject.network(batch)
    for norm, momentum in zip(norms, momenta):
        norm.momentum, norm.training = momentum, False
