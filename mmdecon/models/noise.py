"""Noise that a network is to find in an image.

Shapes: B images, H x W a view's size in pixels.
"""

from math import sqrt

import torch
from torch import Tensor, nn

from ..registry import MODELS
from ..views import View


@MODELS.register_module()
class GaussianNoise(nn.Module):
    """Makes the noisy copy of a view that a denoising branch sees (DDeP, arXiv 2205.11423).

    With noise e of mean 0 and standard deviation 1 in each value, the copy of a normalised image x is
    ``(x + scale * e) / sqrt(1 + scale^2)``. e is drawn once a view and serves all branches; it comes from torch's
    generator, which :class:`~mmdecon.hooks.SeedEachStep` seeds.

    Args:
        scale: Of the noise, in units of the normalised image, > 0.
        keep_variance: Whether to divide; without, the copy is ``x + scale * e``.

    Raises:
        ValueError: If ``scale`` is not above 0.
    """

    def __init__(self, scale: float = 0.22, keep_variance: bool = True) -> None:
        super().__init__()
        if not scale > 0:
            raise ValueError(f'GaussianNoise.scale is {scale}, must be above 0; leave model.noise out for none')
        self.scale, self.keep_variance = scale, keep_variance

    @torch.no_grad()
    def draw(self, view: View) -> View:
        """Draws the noise of a view, unless it has one.

        Returns:
            The view with ``noise``, (B, 3, H, W).
        """
        return view if view.noise is not None else view._replace(noise=torch.randn_like(view.image))

    def forward(self, view: View) -> Tensor:
        """The noisy copy of a view's image, (B, 3, H, W).

        Args:
            view: With ``noise``.

        Raises:
            ValueError: If it has none.
        """
        if view.noise is None:
            raise ValueError('the view has no noise yet: draw it first')
        mixed = view.image + self.scale * view.noise
        return mixed / sqrt(1 + self.scale**2) if self.keep_variance else mixed
