"""Views of noise, where what is in an image takes no part.

Shapes: B images, C channels, S x S pixels.
"""

import torch

from .views import View


def noise_views(batch: int, size: int, device: str = 'cpu', channels: int = 3) -> list[View]:
    """Two overlapping views of noise, with blocks of an eighth of their side as regions of 16 ids.

    Args:
        batch: B.
        size: S.
        device: Where they are to be.
        channels: C.
    """
    generator = torch.Generator().manual_seed(0)
    block, views = torch.arange(size) * 8 // size, []
    for shift in (0.0, size / 8):
        blocks = torch.randint(0, 16, (batch, 1, 8, 8), generator=generator)
        box = torch.tensor([[shift, shift, shift + size, shift + size]]).repeat(batch, 1)
        view = View(
            image=torch.randn(batch, channels, size, size, generator=generator).to(device),
            box=box.to(device),
            flipped=(torch.arange(batch) % 2 == 1).to(device),
            regions=blocks[:, :, block][..., block].to(device),
            source=torch.full((batch, 2), 1.5 * size).to(device),
        )
        views.append(view)
    return views
