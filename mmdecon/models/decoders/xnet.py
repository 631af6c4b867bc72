"""xNet's decoder: a network that was trained to classify images.

Shapes: B images of I channels, H x W pixels, C channels of a map, h x w cells.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...registry import MODELS, build_foreign
from ..encoders import channels_first, channels_of, first_maps, is_channels_last
from ..strict_start import StrictStart
from ..with_image import pad_to
from .reshape import ReShape

STARTS = dict(multiply=1.0, add=0.0)  # biases with which the combined map is the image


@MODELS.register_module()
class XNet(StrictStart):
    """A pre-trained classifier as decoder (arXiv 2503.07637): image and encoder's last map -> maps of stride 4 to 32.

    The encoder's map is enlarged to the image's size by a Re-Shape of as many channels, combined with the image, and
    what comes out runs through the classifier, whose maps are the decoder's. A neck, of mmseg's models as well as of
    :class:`NeckDecoder`; it reads what :class:`WithImage` gives. Images whose sides are no multiple of the stride are
    padded, and the maps are cut to ``ceil(H / their stride)``.

    ``combine`` starts as the plain image, so that the classifier begins with what it was trained on: ``'multiply'`` by
    a map that is 1 everywhere, ``'add'`` one that is 0, or ``'gate'``, which adds a map times tanh of a number for each
    colour, which is 0. As zero weights stand in between, the encoder's gradient is 0 at the first step, not later;
    ``init_std`` above 0 gives it one at once, at the price of a start that is not quite the image. ``'none'`` leaves
    the image out.

    Differs from the original: no code is published. Of the Re-Shape modules' insides and of their start nothing is
    known; docs/xnet.md lists the choices made.

    Args:
        in_channels: Of the image and of the encoder's last map; channels of maps between are not used.
        classifier: Config of a backbone that returns a tuple of maps. An ``init_cfg`` of type ``Pretrained`` is loaded
            strictly.
        combine: ``'multiply'``, as published, ``'add'``, ``'gate'`` or ``'none'``.
        stride: Pixels of the image to a cell of the encoder's last map.
        norm_cfg: Of a norm of the encoder's map, in front of the projection.
        init_std: Standard deviation of the projection's first weights, with multiply and add; by default 0.
        probe_size: Side in pixels of the blank image by which the classifier is asked what it gives.

    Raises:
        ValueError: If there is no such ``combine``, ``init_std`` has no use for it, or the classifier gives no maps or
            takes another number of channels than the image has.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        classifier: dict[str, Any],
        combine: str = 'multiply',
        stride: int = 32,
        norm_cfg: dict[str, Any] | None = None,
        init_std: float | None = None,
        probe_size: int | None = None,
    ) -> None:
        super().__init__()
        if combine not in (*STARTS, 'gate', 'none'):
            raise ValueError(f"combine is {combine!r}; known: 'multiply', 'add', 'gate', 'none'")
        if init_std is not None and combine not in STARTS:
            raise ValueError(f'init_std={init_std} is for multiply and add, but combine is {combine!r}: leave it out')
        self.combine, self.stride = combine, stride
        self.reshape = ReShape(in_channels[-1], stride, in_channels[0], norm_cfg)
        if combine in STARTS:
            weight, bias = self.reshape.projection.parameters()
            nn.init.normal_(weight, std=init_std or 0.0)
            nn.init.constant_(bias, STARTS[combine])
        if combine == 'gate':
            self.gate = nn.Parameter(torch.zeros(in_channels[0], 1, 1))
        self.classifier = build_foreign(classifier)
        taken = channels_of(self.classifier, probe_size)
        if taken != in_channels[0]:
            raise ValueError(
                f'the classifier of XNet takes images of {taken} channels, and is given some of {in_channels[0]}: set '
                f'classifier.in_channels={in_channels[0]}, and first_conv in its init_cfg for weights of {taken}'
            )
        self._channels_last = [is_channels_last(x) for x in first_maps(self.classifier, probe_size)[1]]

    def forward(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Image and encoder's maps -> the classifier's maps.

        Args:
            inputs: (B, I, H, W) first, and last (B, C, ceil(H / stride), ceil(W / stride)).

        Returns:
            Maps (B, C, ceil(H / s), ceil(W / s)), s the stride of each.

        Raises:
            ValueError: If the last map has another size.
        """
        image, feature = inputs[0], inputs[-1]
        grid = [-(-side // self.stride) for side in image.shape[2:]]
        if list(feature.shape[2:]) != grid:
            raise ValueError(
                f'the last map that XNet is given has {tuple(feature.shape[2:])} cells for an image of '
                f'{tuple(image.shape[2:])} pixels, with stride={self.stride} it must have {tuple(grid)}: set stride, '
                "the divisor of WithImage, or its cell for a ViT's map"
            )
        padded = self.blend(pad_to(image, *(n * self.stride for n in grid)), feature)
        outputs = map(channels_first, self.classifier(padded), self._channels_last)
        return tuple(_cut(x, image, padded) for x in outputs)

    def blend(self, image: Tensor, feature: Tensor) -> Tensor:
        """What the classifier is given.

        Args:
            image: (B, I, H, W), padded.
            feature: (B, C, H / stride, W / stride).

        Returns:
            (B, I, H, W).
        """
        enlarged = self.reshape(feature)
        if self.combine == 'multiply':
            return image * enlarged
        if self.combine == 'add':
            return image + enlarged
        return enlarged if self.combine == 'none' else image + self.gate.tanh() * enlarged


def _cut(x: Tensor, image: Tensor, padded: Tensor) -> Tensor:
    """Cuts a map of a padded image to what shows the image."""
    sizes = zip(x.shape[2:], image.shape[2:], padded.shape[2:])
    height, width = (-(-cells * side // whole) for cells, side, whole in sizes)
    return x[..., :height, :width]
