import pytest
import torch
from torchvision.ops import roi_align

from mmdecon.views import View, crop_overlap, overlap

torch.manual_seed(0)
BOX_A = torch.tensor([[16.0, 32, 144, 96], [0, 40, 64, 168], [100, 96, 228, 160]]).double()
BOX_B = torch.tensor([[80.0, 24, 144, 152], [24, 8, 152, 136], [112, 64, 176, 128]]).double()


def pair(flip_a: list, flip_b: list) -> tuple:
    image = torch.zeros(3, 3, 4, 4)
    return View(image, BOX_A, torch.tensor(flip_a)), View(image, BOX_B, torch.tensor(flip_b))


@pytest.mark.parametrize('flips', [([False] * 3, [False] * 3), ([True, False, True], [True, True, False])])
def test_crop_overlap_equals_an_aligned_roi_align_mirrored_back(flips) -> None:
    a, b = pair(*flips)
    maps = torch.randn(3, 5, 6, 8).double()
    box, valid = overlap(a, b)
    rois = torch.cat([torch.arange(3.0)[:, None].double(), box * torch.tensor([8.0, 6, 8, 6])], dim=1)
    wanted = roi_align(maps, rois, (6, 8), aligned=True)
    wanted = torch.where(a.flipped[:, None, None, None], wanted.flip(3), wanted)
    cut, ok = crop_overlap(maps, a, b)
    torch.testing.assert_close(cut, wanted, rtol=1e-12, atol=1e-12)
    assert valid.all() and ok.all()


def test_the_same_place_is_the_same_cell() -> None:
    """Maps that hold their own source coordinates agree after cutting."""
    a, b = pair([True, False, True], [False, True, True])

    def coordinates(view: View, h: int, w: int) -> torch.Tensor:
        left, top, right, bottom = view.box.T
        x = left[:, None] + (right - left)[:, None] * (torch.arange(w).double() + 0.5) / w
        y = top[:, None] + (bottom - top)[:, None] * (torch.arange(h).double() + 0.5) / h
        x = torch.where(view.flipped[:, None], x.flip(1), x)
        return torch.stack([x[:, None, :].expand(-1, h, -1), y[:, :, None].expand(-1, -1, w)], dim=1)

    cut_a, _ = crop_overlap(coordinates(a, 64, 64), a, b)
    cut_b, _ = crop_overlap(coordinates(b, 64, 64), b, a)
    inner = (..., slice(2, -2), slice(2, -2))  # cells at the views' border repeat it
    torch.testing.assert_close(cut_a[inner], cut_b[inner], rtol=0, atol=1e-9)


def test_views_apart_are_flagged_and_finite() -> None:
    a, b = pair([False] * 3, [True] * 3)
    b = b._replace(box=b.box + 1000)
    cut, valid = crop_overlap(torch.randn(3, 2, 4, 4).double(), a, b)
    assert not valid.any() and torch.isfinite(cut).all()
    touching = a._replace(box=a.box + (a.box[:, 2:] - a.box[:, :2]).repeat(1, 2))
    assert not overlap(a, touching).valid.any()
