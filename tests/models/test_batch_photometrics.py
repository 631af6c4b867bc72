"""Colour changes of batches are torchvision's of float images, and the CPU transform's but for its rounding."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as v2
from mmengine.config import Config

from mmdecon.datasets.photometrics import recolour
from mmdecon.images.colour_draws import JITTERS, NUMBERS, ColourOptions
from mmdecon.models.batch_photometrics import BatchPhotometrics, recolour_batch
from mmdecon.models.data_preprocessor import ViewPreprocessor
from tests.support.colours import draws

BYOL = Path(__file__).parents[2] / 'configs/_base_/datasets/byol_photometrics.py'
FULL = dict(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, grey_prob=0.2, blur_prob=0.5, solarise_prob=0.3)


@pytest.fixture(scope='module')
def images() -> torch.Tensor:
    """32 smooth images, uint8, BGR; of all colours, grey, black and white among them."""
    noise = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 3), dtype=np.uint8)
    smooth = np.stack([cv2.resize(each, (40, 48), interpolation=cv2.INTER_CUBIC) for each in noise])
    smooth[0], smooth[1], smooth[2] = smooth[0, ..., :1], 0, 255
    return torch.from_numpy(smooth).permute(0, 3, 1, 2).contiguous()


def torchvisions(image: torch.Tensor, function, *how) -> torch.Tensor:
    """What torchvision makes of one image, (3, h, w) BGR, 0..255."""
    return function(image.flip(0).float() / 255, *how).flip(0) * 255


@pytest.mark.parametrize('kind', JITTERS)
def test_each_change_is_torchvisions_of_float_images(images: torch.Tensor, kind: str) -> None:
    factors = np.linspace(-0.5, 0.5, 32) if kind == 'hue' else np.linspace(0, 2.2, 32)
    changed = recolour_batch(images, draws(32, **{kind: factors}), ColourOptions())
    for image, mine, factor in zip(images, changed, factors):
        # torchvision weighs red by 0.2989, OpenCV and Pillow by 0.299: 0.03 levels, times |1 - factor|
        expected = torchvisions(image, getattr(v2, f'adjust_{kind}'), float(factor))
        assert torch.allclose(mine, expected, atol=0.05), (kind, factor, (mine - expected).abs().max())
    assert changed.dtype == torch.float32 and images.dtype == torch.uint8


def test_grey_solarising_and_blur_are_torchvisions(images: torch.Tensor) -> None:
    options = ColourOptions(solarise_threshold=100, blur_sigma=(0.1, 2.0))
    grey = recolour_batch(images, draws(32, grey=np.arange(32) % 2 == 0), options)
    sun = recolour_batch(images, draws(32, solarise=np.arange(32) % 2 == 0), options)
    sigmas = np.linspace(0, 2, 32)
    blurred = recolour_batch(images, draws(32, sigma=sigmas), options)
    for number, image in enumerate(images):
        expected = torchvisions(image, v2.rgb_to_grayscale, 3) if number % 2 == 0 else image.float()
        assert torch.allclose(grey[number], expected, atol=0.05)
        expected = torchvisions(image, v2.solarize, 100 / 255) if number % 2 == 0 else image.float()
        assert torch.allclose(sun[number], expected, atol=1e-3)
        wide = torch.nn.functional.pad(image[None].float(), [6] * 4, mode='replicate')[0]
        expected = v2.gaussian_blur(wide, [13, 13], [sigmas[number]] * 2)[:, 6:-6, 6:-6] if number else image.float()
        assert torch.allclose(blurred[number], expected, atol=1e-2)


def test_batches_are_changed_as_single_images_are(images: torch.Tensor) -> None:
    options = ColourOptions(**FULL)
    uniform = np.random.default_rng(1).random((32, NUMBERS))
    drawn = options.draw(uniform)
    together = recolour_batch(images, drawn, options).permute(0, 2, 3, 1).numpy()
    gaps = []
    for number, image in enumerate(images.permute(0, 2, 3, 1).numpy()):
        alone = recolour(np.ascontiguousarray(image), drawn, number, options.solarise_threshold)
        gaps.append(abs(alone - together[number]).mean())
    # rounding at every step, twice in the hue's 8 bits; at solarising's threshold it tips a value to the other side
    assert max(gaps) < 3 and np.mean(gaps) < 1.2


def test_changes_come_in_the_drawn_order(images: torch.Tensor) -> None:
    factors = dict(brightness=1.8, contrast=0.5, saturation=2.0, hue=0.2)
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)):
        changed = recolour_batch(images, draws(32, order, **factors), ColourOptions())
        for image, mine in zip(images, changed):
            expected = image
            for kind in order:
                expected = torchvisions(expected, getattr(v2, f'adjust_{JITTERS[kind]}'), factors[JITTERS[kind]])
            assert torch.allclose(mine, expected, atol=0.2)


def test_draws_are_torchs_and_differ_between_images(images: torch.Tensor) -> None:
    same = images[5:6].expand(64, -1, -1, -1)
    change = BatchPhotometrics(**FULL)
    results = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        results.append(change(same))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
    means = results[0].mean((1, 2, 3))
    assert len(means.unique()) > 40
    unchanged = (results[0] == same).flatten(1).all(1).float().mean()
    assert unchanged == pytest.approx(0.2 * 0.8 * 0.5 * 0.7, abs=0.08)


def test_autocast_costs_no_precision(images: torch.Tensor) -> None:
    change = BatchPhotometrics(**FULL)
    torch.manual_seed(0)
    plain = change(images)
    torch.manual_seed(0)
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(change(images), plain)


def batch(images: torch.Tensor) -> dict:
    view = dict(image=images, box=torch.zeros(len(images), 4), flipped=torch.zeros(len(images), dtype=torch.bool))
    return dict(views=[view, dict(view)])


def test_preprocessor_changes_colours_while_training(images: torch.Tensor) -> None:
    """With the photometrics of the shipped pipeline, moved from it."""
    config = Config.fromfile(BYOL).photometrics
    photometrics = [step for (step,) in config]
    ours, plain = ViewPreprocessor(photometrics=photometrics), ViewPreprocessor()
    torch.manual_seed(3)
    trained = ours(batch(images), training=True)['views']
    torch.manual_seed(3)
    for view, step in zip(trained, photometrics):
        expected = BatchPhotometrics(**{key: value for key, value in step.items() if key != 'type'})(images)
        mean, std = (getattr(plain, name).flatten() for name in ('mean', 'std'))
        assert torch.allclose(view.image, (expected.flip(1) - mean[:, None, None]) / std[:, None, None], atol=1e-5)
    for view, untouched in zip(ours(batch(images))['views'], plain(batch(images), training=True)['views']):
        assert torch.equal(view.image, untouched.image)
    one = ViewPreprocessor(photometrics=[None, photometrics[0]])(batch(images), training=True)['views']
    assert torch.equal(one[0].image, untouched.image) and not torch.equal(one[1].image, untouched.image)
    with pytest.raises(ValueError, match='photometrics is for 1 views, and the batch has 2'):
        ViewPreprocessor(photometrics=photometrics[:1])(batch(images), training=True)
    with pytest.raises(ValueError, match='Photometrics.hue'):
        ViewPreprocessor(photometrics=[dict(photometrics[0], hue=2.0)] * 2)
