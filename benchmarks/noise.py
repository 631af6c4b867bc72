"""Views of noise, where what is in an image takes no part.

Shapes: B images, S x S pixels.
"""

import torch

from mmdecon.views import View


def noise_views(batch: int, size: int, device: str = 'cpu') -> list[View]:
    """Two overlapping views of noise, with blocks of an eighth of their side as regions of 16 ids.

    Args:
        batch: B.
        size: S, a multiple of 8.
        device: Where to make them.
    """
    generator = torch.Generator().manual_seed(0)
    views = []
    for shift in (0.0, size / 8):
        blocks = torch.randint(0, 16, (batch, 1, 8, 8), generator=generator)
        box = torch.tensor([[shift, shift, shift + size, shift + size]]).repeat(batch, 1)
        view = View(
            image=torch.randn(batch, 3, size, size, generator=generator),
            box=box,
            flipped=torch.arange(batch) % 2 == 1,
            regions=blocks.repeat_interleave(size // 8, 2).repeat_interleave(size // 8, 3),
            source=torch.full((batch, 2), 1.5 * size),
        )
        views.append(View(*(None if part is None else part.to(device) for part in view)))
    return views
