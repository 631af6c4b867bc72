"""The objective of decoder denoising.

Shapes: B images, D channels, H x W the view in pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...dist import weighted_mean
from ...precision import upcast
from ...registry import MODELS
from ...views import View
from .base import Objective, direction_std


@MODELS.register_module()
class DenoisingObjective(Objective):
    """Finds the noise in a noisy image: the mean squared distance of prediction and noise.

    Decoder Denoising Pretraining for Semantic Segmentation (DDeP), arXiv 2205.11423. The student sees noisy copies of
    the views (``model.noise``); there is no teacher. Of a pair (i, j) view i alone counts: ``pairs=((0, 0), (1, 1))``
    uses both views. Pixels without a value (``View.valid``) have weight 0.

    Args:
        channels: D, asked from the head.
    """

    needs_teacher = False
    needs_noise = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self._explained = torch.zeros(())

    def forward(self, q: Tensor, k: None, own: None, q_view: View, k_view: View) -> dict[str, Tensor]:
        """The term ``denoising``, about 1 where nothing is found, 0 where all is.

        Args:
            q: The predicted noise, (B, D, H, W).
            k: Unused.
            own: Unused.
            q_view: With ``noise``, of the same shape.
            k_view: Unused.

        Raises:
            ValueError: If the shapes differ.
        """
        noise = q_view.noise
        if noise is None or q.shape != noise.shape:
            found = None if noise is None else tuple(noise.shape)
            few = noise is not None and self.channels != noise.shape[1]
            remedy = (
                'set head.out_channels to what the image has' if few else 'let the stride of the level divide views'
            )
            raise ValueError(f'the head predicts {tuple(q.shape)}, the noise of the view is {found}: {remedy}')
        if q_view.valid is None:
            loss = F.mse_loss(upcast(q), upcast(noise))
        else:
            squares = F.mse_loss(upcast(q), upcast(noise), reduction='none')
            loss = weighted_mean(squares.flatten(), q_view.valid[:, None].expand_as(squares).flatten())
        self._explained = 1 - loss.detach() / noise.square().mean()
        return dict(denoising=loss)

    @torch.no_grad()
    def health(self, q: Tensor) -> dict[str, Tensor]:
        """``std`` of the predictions' directions; ``explained``, the share of the last view's noise that was found."""
        return dict(std=direction_std(q), explained=self._explained)
