"""The yardstick: the same network with the same encoder and a decoder of a random initialisation."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ..images.seeding import seeded
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
    config = {**subject.config, 'freeze_encoder': False}
    with seeded(seed):
        network = MODELS.build(config)
        network.init_weights()
    network.encoder.load_state_dict(subject.network.encoder.state_dict())
    network = network.to(next(subject.network.parameters()).device).eval()
    random = replace(subject, name=f'{subject.name}, random decoder {seed}', network=network)
    _calibrate(random, images)
    return random


def _calibrate(subject: Subject, images: Sequence[np.ndarray]) -> None:
    """Has the decoder's batch norms count one batch."""
    norms = [part for part in subject.network.decoder.modules() if isinstance(part, _BatchNorm)]
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
