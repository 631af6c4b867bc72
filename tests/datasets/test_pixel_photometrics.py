"""Changes of values are their formulas, for any channels and dtype, and the same on the device."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from mmdecon.datasets import Photometrics, PixelPhotometrics
from mmdecon.datasets.pixel_photometrics import change
from mmdecon.images.pixel_draws import EACH, FIXED, PixelDraws, PixelOptions
from mmdecon.models.batch_pixel_photometrics import BatchPixelPhotometrics, change_batch
from mmdecon.models.data_preprocessor import ViewPreprocessor
from tests.support.samples import critical_distance, distance

RNG = np.random.default_rng(0)
SPAN = (-100.0, 300.0)
IMAGE = RNG.uniform(*SPAN, size=(20, 30, 4)).astype(np.float32)
HOLES = np.zeros((20, 30), bool)
HOLES[4:12, 5:20] = True
ALL = dict(
    brightness=0.3, contrast=0.5, jitter_prob=0.5, gamma_prob=0.5, blur_prob=0.5, noise_prob=0.5, drop_prob=0.3
)  # fmt: skip


def draws(count: int = 1, channels: int = 4, **how: Any) -> PixelDraws:
    """Draws that change nothing but what is named, the same for all images."""
    plain = dict(shift=0.0, contrast=1.0, gamma=1.0, sigma=0.0, noise=0.0, dropped=False)
    shapes = {name: (count,) if name in ('sigma', 'noise') else (count, channels) for name in plain}
    return PixelDraws(**{name: np.broadcast_to(how.get(name, plain[name]), shapes[name]).copy() for name in plain})


def unit(image: np.ndarray) -> np.ndarray:
    return (image.astype(np.float64) - SPAN[0]) / (SPAN[1] - SPAN[0])


def found(image: np.ndarray = IMAGE, valid: np.ndarray | None = None, **how: Any) -> np.ndarray:
    return unit(change(image, draws(**how), 0, SPAN, valid))


def test_each_change_is_its_formula() -> None:
    x = unit(IMAGE)
    mean = x.mean(axis=(0, 1))
    shift, factor, power = (
        np.array([0.1, -0.2, 0.0, 0.3]),
        np.array([0.5, 1.5, 1.0, 0.8]),
        np.array([0.5, 1.0, 2.0, 1.3]),
    )
    toned = np.clip(mean + factor * (x - mean) + shift, 0, 1)
    assert np.allclose(found(shift=shift, contrast=factor), toned, atol=1e-5)
    assert np.allclose(found(shift=shift, contrast=factor, gamma=power), toned**power, atol=1e-5)
    blurred = np.stack([gaussian_filter(plane, 1.3, mode='nearest', truncate=3) for plane in np.moveaxis(x, 2, 0)], 2)
    assert abs(found(sigma=1.3) - blurred).max() < 0.01
    np.random.seed(0)
    noisy = found(noise=0.1)
    np.random.seed(0)
    assert np.allclose(noisy, np.clip(x + 0.1 * np.random.standard_normal(x.shape), 0, 1), atol=1e-5)
    dropped = found(dropped=[True, False, False, True])
    assert np.allclose(dropped[..., [0, 3]], mean[[0, 3]], atol=1e-5) and np.allclose(
        dropped[..., 1:3], x[..., 1:3], atol=1e-5
    )
    assert change(IMAGE, draws(), 0, SPAN) is IMAGE


@pytest.mark.parametrize(
    'how', [dict(shift=0.2), dict(contrast=2.0), dict(sigma=2.0), dict(dropped=[True] * 3 + [False])]
)
def test_pixels_without_a_value_change_nothing(how: dict[str, Any]) -> None:
    a, b = IMAGE.copy(), IMAGE.copy()
    a[HOLES], b[HOLES] = 300.0, -100.0
    ours = [found(image, ~HOLES, **how) for image in (a, b)]
    assert np.allclose(*ours, atol=1e-6)
    assert np.allclose(ours[0][HOLES], ours[0][~HOLES].mean(axis=0), atol=1e-4)
    if 'sigma' not in how:  # the others change as if they were alone
        alone = change(IMAGE[~HOLES][:, None], draws(**how), 0, SPAN)
        assert np.allclose(ours[0][~HOLES], unit(alone)[:, 0], atol=1e-5)
    nothing = np.zeros_like(HOLES)
    assert change(IMAGE, draws(shift=0.2), 0, SPAN, nothing) is IMAGE


@pytest.mark.parametrize('dtype', ['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32', 'float64'])
@pytest.mark.parametrize('channels', [1, 3, 13])
def test_any_dtype_changes_as_floats_do(dtype: str, channels: int) -> None:
    image = RNG.integers(0, 100, (9, 8, channels)).astype(dtype)
    how = dict(shift=0.1, contrast=1.4, gamma=0.8, sigma=0.7, channels=channels)
    expected = change(image.astype(np.float32), draws(**how), 0, (0, 127))
    ours = change(image, draws(**how), 0, (0, 127))
    assert ours.dtype == dtype and ours.shape == image.shape
    assert abs(ours.astype(float) - expected).max() <= (0.5001 if ours.dtype.kind in 'iu' else 0.05)


def test_the_range_is_the_options_the_samples_or_the_dtypes() -> None:
    image = np.full((4, 4, 2), 100, np.uint16)

    def shifted(image: np.ndarray, sample: dict[str, Any], **options: Any) -> float:
        np.random.seed(0)
        return (
            float(
                PixelPhotometrics(brightness=0.1, jitter_prob=1.0, **options)(dict(sample, img=image))['img'][0, 0, 0]
            )
            - 100
        )

    by_option = shifted(image, dict(value_range=(0, 4095)), value_range=(0, 1000))
    assert abs(shifted(image, dict(value_range=(0, 1000))) - by_option) <= 1 and by_option > 1
    assert abs(shifted(image, {}) / by_option - 65.535) < 5
    with pytest.raises(ValueError, match=r'PixelPhotometrics needs to know which values float32.*value_range'):
        shifted(image.astype(np.float32), {})


def test_draws_have_the_distributions_that_the_options_say() -> None:
    options = PixelOptions(**ALL, gamma=(0.5, 2.0), noise=(0.01, 0.03), per_channel=True)
    drawn = options.draw(RNG.random((4000, FIXED + EACH * 3)))
    changed = drawn.shift[:, 0] != 0
    assert abs(changed.mean() - 0.5) < 0.04 and ((drawn.contrast != 1).any(axis=1) == changed).all()
    even = RNG.random(4000)
    for ours, expected in (
        (drawn.shift[changed, 1], 0.6 * even - 0.3),
        (drawn.contrast[changed, 2], 0.5 + even),
        (np.log2(drawn.gamma[:, 0][drawn.gamma[:, 0] != 1]), 2 * even - 1),
        (drawn.sigma[drawn.sigma > 0], 0.1 + 1.9 * even),
        (drawn.noise[drawn.noise > 0], 0.01 + 0.02 * even),
    ):
        assert abs(len(ours) / 4000 - 0.5) < 0.04 and distance(ours, expected[: len(ours)]) < critical_distance(
            len(ours)
        )
    assert not drawn.dropped.all(axis=1).any() and abs(drawn.dropped.mean() - 0.3 * 2 / 3) < 0.02
    assert len(np.unique(drawn.shift[0])) == 3
    joint = PixelOptions(**ALL).draw(RNG.random((50, FIXED + EACH * 3)))
    assert all((x == x[:, :1]).all() for x in (joint.shift, joint.contrast, joint.gamma))


@pytest.mark.parametrize('valid', [None, ~HOLES])
def test_the_device_does_the_same(valid: np.ndarray | None) -> None:
    images = RNG.uniform(*SPAN, size=(12, 20, 30, 4)).astype(np.float32)
    options = PixelOptions(**dict(ALL, noise_prob=0.0), per_channel=True, gamma=(0.5, 2.0))
    drawn = options.draw(RNG.random((12, FIXED + EACH * 4)))
    mask = None if valid is None else torch.from_numpy(valid).expand(12, -1, -1)
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    ours = change_batch(batch, drawn, SPAN, options.blur_sigma[1], mask).permute(0, 2, 3, 1).numpy()
    for number, image in enumerate(images):
        expected = change(image, drawn, number, SPAN, valid)
        where = np.ones((20, 30), bool) if valid is None else valid
        assert abs(ours[number] - expected)[where].max() < (
            4 if drawn.sigma[number] else 1e-2
        )  # of 400: kernels end elsewhere


def test_batches_are_changed_by_the_preprocessor_in_training() -> None:
    config = dict(type='mmdecon.PixelPhotometrics', value_range=SPAN, brightness=0.2, jitter_prob=1.0)
    model = ViewPreprocessor(mean=[0.0] * 4, std=[1.0] * 4, bgr_to_rgb=False, photometrics=[config, None])
    image = torch.from_numpy(IMAGE).permute(2, 0, 1)[None]
    view = dict(image=image, box=torch.zeros(1, 4), flipped=torch.zeros(1, dtype=torch.bool))
    torch.manual_seed(0)
    first, second = model(dict(views=[view, view]), training=True)['views']
    torch.manual_seed(0)
    assert torch.equal(first.image, BatchPixelPhotometrics(**{k: v for k, v in config.items() if k != 'type'})(image))
    assert torch.equal(second.image, image) and not torch.equal(first.image, image)
    assert torch.equal(model(dict(views=[view, view]))['views'][0].image, image)
    with pytest.raises(ValueError, match='floats of an unknown range'):
        BatchPixelPhotometrics(brightness=0.2)(image)
    assert BatchPixelPhotometrics(noise_prob=1.0)(torch.zeros(2, 5, 4, 4, dtype=torch.uint8)).dtype == torch.float32


def test_colour_jitter_is_refused_where_there_are_no_colours() -> None:
    for image in (np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(ValueError, match=rf'this view is {image.dtype} of {image.shape[2]} .*PixelPhotometrics'):
            Photometrics()(dict(img=image))
    preprocessor = ViewPreprocessor(
        mean=[0], std=[1], bgr_to_rgb=False, photometrics=[dict(type='mmdecon.Photometrics')]
    )
    view = dict(image=torch.zeros(1, 4, 2, 2), box=torch.zeros(1, 4), flipped=torch.zeros(1, dtype=torch.bool))
    with pytest.raises(ValueError, match=r'the images have 4 channels: take .*PixelPhotometrics'):
        preprocessor(dict(views=[view]), training=True)


@pytest.mark.parametrize(
    'wrong',
    [
        dict(brightness=-0.1),
        dict(contrast=-1),
        dict(jitter_prob=1.1),
        dict(gamma=(0.0, 1.0)),
        dict(gamma=(2.0, 1.0)),
        dict(gamma=1.5),
        dict(blur_sigma=(0, 1.0)),
        dict(noise=(-0.1, 0.1)),
        dict(drop_prob=-0.1),
        dict(value_range=(1.0, 1.0)),
        dict(value_range=(0.0, float('nan'))),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    ((name, _),) = wrong.items()
    with pytest.raises(ValueError, match=f'PixelPhotometrics.{name}='):
        PixelPhotometrics(**wrong)
