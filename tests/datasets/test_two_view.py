import mmcv
import numpy as np
import pytest
import torch
import torchvision.transforms.functional as tv
from mmengine.dataset import default_collate
from PIL import Image

from mmdecon.datasets import PackViews, TwoViews
from mmdecon.models.data_preprocessor import ViewPreprocessor
from mmdecon.views import crop_overlap, overlap


def coordinates(height: int = 200, width: int = 250) -> np.ndarray:
    """An image whose first channel is each pixel's column, whose second its row."""
    y, x = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([x, y, np.zeros_like(x)], axis=2)


def test_both_views_show_the_same_place_where_they_overlap() -> None:
    transform, pack = TwoViews(size=(64, 96), scale=(0.1, 0.6), interpolation='bilinear'), PackViews()
    np.random.seed(0)
    batch = default_collate([pack(transform(dict(img=coordinates()))) for _ in range(64)])
    keep = ViewPreprocessor(mean=(0, 0, 0), std=(1, 1, 1), bgr_to_rgb=False)
    first, second = keep(batch)['views']
    assert {tuple(pair) for pair in torch.stack([first.flipped, second.flipped], dim=1).tolist()} == {
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    }  # all four were drawn

    ours, valid = crop_overlap(first.image, first, second)
    theirs, _ = crop_overlap(second.image, second, first)
    assert valid.sum() >= 60
    difference = (ours - theirs)[valid].abs()
    assert (
        difference.max() < 4 and difference.mean() < 0.6
    )  # source pixels: a view's pixel is up to 3 of them, values are rounded

    place = torch.stack(
        [torch.maximum(first.box, second.box)[:, :2], torch.minimum(first.box, second.box)[:, 2:]], dim=1
    )
    for axis, cells in enumerate((96, 64)):  # x by column, y by row: the truth, from the boxes alone
        steps = (torch.arange(cells) + 0.5) / cells
        start, end = place[valid, 0, axis, None], place[valid, 1, axis, None]
        truth = start + (end - start) * steps - 0.5  # the value of a pixel is at its centre
        found = ours[valid, axis].mean(dim=1 + axis)
        assert (found - truth).abs().max() < 2.5 and (found - truth).abs().mean() < 0.4


def test_geometry_of_a_view_without_pairs() -> None:
    np.random.seed(3)
    for _ in range(20):
        for view in TwoViews(size=50, interpolation='bilinear', min_overlap=None)(dict(img=coordinates()))['views']:
            left, top, right, bottom = view['box']
            columns, rows = view['img'][..., 0].mean(axis=0), view['img'][..., 1].mean(axis=1)
            columns = columns[::-1] if view['flipped'] else columns
            assert view['box'].dtype == np.float32 and 0 <= left < right <= 250 and 0 <= top < bottom <= 200
            assert abs(columns - (left + (right - left) * (np.arange(50) + 0.5) / 50 - 0.5)).max() < 1.5
            assert abs(rows - (top + (bottom - top) * (np.arange(50) + 0.5) / 50 - 0.5)).max() < 1.5


def test_regions_are_cropped_like_the_image() -> None:
    image = coordinates()
    sample = dict(img=image, regions=(image[..., 1].astype(np.uint16) * 250 + image[..., 0])[..., None])
    np.random.seed(0)
    for _ in range(20):
        for view in TwoViews(size=(40, 70), interpolation='nearest')(sample)['views']:
            assert view['regions'].shape == (40, 70, 1) and view['regions'].dtype == np.uint16
            found = np.concatenate([view['regions'] % 250, view['regions'] // 250], axis=2).astype(int)
            difference = abs(found - view['img'][..., :2])
            assert difference.max() <= 1 and (difference > 0).mean() < 0.1  # Pillow rounds ties either way


def test_flips_are_independent_and_fair() -> None:
    transform = TwoViews(size=1, interpolation='nearest')
    np.random.seed(0)
    image = coordinates(20, 20)
    flips = np.array([[view['flipped'] for view in transform(dict(img=image))['views']] for _ in range(2000)])
    counts = np.histogram2d(*flips.T.astype(int), bins=2)[0] / 2000
    assert abs(counts - 0.25).max() < 0.04
    assert not any(view['flipped'] for view in TwoViews(size=1, flip_prob=0.0)(dict(img=image))['views'])
    assert all(view['flipped'] for view in TwoViews(size=1, flip_prob=1.0)(dict(img=image))['views'])


def test_packed_batch_has_the_values_of_its_samples() -> None:
    np.random.seed(0)
    sample = dict(img=coordinates(), regions=np.arange(200 * 250 * 2).reshape(200, 250, 2))
    samples = [TwoViews(size=(8, 12))(dict(sample)) for _ in range(3)]
    batch = default_collate([PackViews()(each) for each in samples])
    assert list(batch) == ['views'] and len(batch['views']) == 2
    for number, view in enumerate(batch['views']):
        expected = [each['views'][number] for each in samples]
        assert view['image'].dtype == torch.uint8 and view['image'].shape == (3, 3, 8, 12)
        assert np.array_equal(view['image'].permute(0, 2, 3, 1), np.stack([each['img'] for each in expected]))
        assert view['box'].dtype == torch.float32 and np.array_equal(
            view['box'], np.stack([each['box'] for each in expected])
        )
        assert view['flipped'].dtype == torch.bool and view['flipped'].tolist() == [
            each['flipped'] for each in expected
        ]
        assert np.array_equal(view['regions'].permute(0, 2, 3, 1), np.stack([each['regions'] for each in expected]))
        assert view['source'].dtype == torch.float32 and view['source'].tolist() == [[250.0, 200.0]] * 3
    assert 'regions' not in PackViews()(TwoViews(size=8)(dict(img=coordinates())))['views'][0]


def test_pairs_without_overlap_are_legal() -> None:
    np.random.seed(0)
    transform = TwoViews(size=8, scale=(0.02, 0.05), min_overlap=None)
    batch = default_collate([PackViews()(transform(dict(img=coordinates()))) for _ in range(20)])
    first, second = ViewPreprocessor()(batch)['views']
    valid = overlap(first, second).valid
    assert 0 < (~valid).sum() < 20
    assert torch.isfinite(crop_overlap(first.image, first, second)[0]).all()


def test_each_view_has_its_photometrics_after_the_flip() -> None:
    seen = []

    def number(value: int):
        def transform(results: dict) -> dict:
            seen.append(results['img'])
            return dict(results, img=np.full_like(results['img'], value))

        return transform

    views = TwoViews(size=6, photometric=[[number(5)], [number(7)]])(dict(img=coordinates()))['views']
    assert [np.unique(view['img']).tolist() for view in views] == [[5], [7]]
    assert all((np.diff(image[0, :, 0].astype(int)) < 0).all() == view['flipped'] for image, view in zip(seen, views))


@pytest.mark.parametrize(
    'interpolation, backend',
    [(how, backend) for how in ('bicubic', 'bilinear') for backend in ('pillow', 'torch')] + [('area', 'cv2')],
)
def test_crops_are_resized_by_the_backend(interpolation: str, backend: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    np.random.seed(0)
    view = TwoViews(size=24, interpolation=interpolation, backend=backend, flip_prob=0.0)(dict(img=image))['views'][0]
    left, top, right, bottom = view['box'].astype(int)
    if backend != 'cv2':  # the reference: what torchvision does with a PIL image
        crop = tv.resized_crop(
            Image.fromarray(image), top, left, bottom - top, right - left, [24, 24], tv.InterpolationMode(interpolation)
        )
    else:
        crop = mmcv.imresize(image[top:bottom, left:right], (24, 24), interpolation='area')
    difference = abs(view['img'].astype(int) - np.asarray(crop))
    assert difference.max() <= (2 if backend == 'torch' else 0) and difference.mean() < 0.05


@pytest.mark.parametrize(
    'wrong, message',
    [
        (dict(scale=(0.08, 1.2)), 'crop cannot be larger than its image'),
        (dict(scale=(0.0, 1.0)), r'scale=\(0\.0, 1\.0\)'),
        (dict(scale=(0.5, 0.2)), 'smallest <= largest'),
        (dict(ratio=(4 / 3, 3 / 4)), 'ratio'),
        (dict(ratio=(0, 1)), 'ratio'),
        (dict(size=0), 'size'),
        (dict(size=(8, 8, 3)), 'size'),
        (dict(interpolation='bicbic'), "'bicbic'.*bicubic"),
        (dict(interpolation='area'), "'torch' has"),
        (dict(interpolation='area', backend='pillow'), "'pillow' has"),
        (dict(backend='turbojpeg'), 'backend'),
        (dict(flip_prob=1.5), 'flip_prob'),
        (dict(min_overlap=-0.1), 'min_overlap'),
        (dict(tries=0), 'tries'),
        (dict(photometric=[[]]), '1 pipelines'),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TwoViews(**wrong)


def test_regions_that_do_not_fit_the_image_are_refused() -> None:
    with pytest.raises(ValueError, match=r'regions of a\.png are int64 of shape \(20, 25, 1\)'):
        TwoViews(size=8)(dict(img=coordinates(), img_path='a.png', regions=np.zeros((20, 25, 1), int)))
    grey = dict(type='RandomGrayscale', prob=1.0)
    with pytest.raises(ValueError, match=r'photometric\[1\].*keep_channels'):
        TwoViews(size=8, photometric=[[], [grey]])(dict(img=coordinates()))
