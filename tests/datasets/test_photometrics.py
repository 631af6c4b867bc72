"""Colour changes are torchvision's: with the same parameters nearly the same pixels."""

import cv2
import numpy as np
import pytest
import torchvision.transforms.functional as tv
from PIL import Image, ImageFilter, ImageOps

from mmdecon.datasets import Photometrics
from mmdecon.datasets.photometrics import recolour
from mmdecon.images.colour_draws import NUMBERS, ColourOptions
from tests.support.colours import draws, smooth_image

ADJUST = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    return smooth_image()


def gap(image: np.ndarray, expected: Image.Image, **how) -> np.ndarray:
    """Levels between ours and an image of Pillow's, grey or RGB."""
    return abs(recolour(image, draws(1, **how), 0, 128).astype(int) - np.asarray(expected.convert('RGB'))[..., ::-1])


@pytest.mark.parametrize('factor', [0.0, 0.61, 0.999, 1.0, 1.37, 2.5])
def test_tables_and_grey_are_pillows(image: np.ndarray, factor: float) -> None:
    rgb = Image.fromarray(image[..., ::-1])
    assert gap(image, tv.adjust_brightness(rgb, factor), brightness=factor).max() == 0
    assert gap(image, tv.adjust_contrast(rgb, factor), contrast=factor).max() == 0
    assert gap(image, tv.adjust_saturation(rgb, factor), saturation=factor).max() <= max(1, factor)
    assert gap(image, rgb.convert('L'), grey=True).max() <= 1
    assert gap(image, ImageOps.solarize(rgb, 128), solarise=True).max() == 0


@pytest.mark.parametrize('turn', [-0.5, -0.1, -0.01, 0.03, 0.1, 0.4])
def test_hue_is_shifted_by_the_same_amount(image: np.ndarray, turn: float) -> None:
    rgb = Image.fromarray(image[..., ::-1])
    exact = tv.adjust_hue(tv.pil_to_tensor(rgb).float() / 255, turn).permute(1, 2, 0).numpy()[..., ::-1] * 255
    ours = recolour(image, draws(1, hue=turn), 0, 128) - exact
    pillows = np.asarray(tv.adjust_hue(rgb, turn))[..., ::-1] - exact
    assert abs(ours).mean() < 1.2 and abs(ours).max() < 11
    assert abs(ours).mean() < 1.1 * abs(pillows).mean() and abs(ours.mean()) < 0.3


@pytest.mark.parametrize('sigma', [0.1, 0.5, 1.0, 2.0])
def test_blur_is_pillows(image: np.ndarray, sigma: float) -> None:
    expected = Image.fromarray(image[..., ::-1]).filter(ImageFilter.GaussianBlur(sigma))
    difference = gap(image, expected, sigma=sigma)
    assert difference.mean() < 1 and difference.max() < 9
    grey = gap(image, expected.convert('L'), sigma=sigma, grey=True)
    assert grey.mean() < 1 and grey.max() < 7


def test_changes_come_in_the_drawn_order(image: np.ndarray) -> None:
    options = ColourOptions(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, jitter_prob=1.0)
    drawn = options.draw(np.random.default_rng(0).random((24, NUMBERS)))
    assert len({tuple(order) for order in drawn.order}) > 10
    right, wrong = [], []
    for number, order in enumerate(drawn.order):
        expected = Image.fromarray(image[..., ::-1])
        for kind in order:
            expected = ADJUST[kind](expected, drawn.factors[number, kind])
        for found, how in ((right, drawn), (wrong, drawn._replace(order=drawn.order[:, ::-1]))):
            found.append(abs(recolour(image, how, number, 128).astype(int) - np.asarray(expected)[..., ::-1]).mean())
    assert max(right) < 3 and np.mean(right) < 1.2 and np.mean(wrong) > 3 * np.mean(right)


def test_the_order_is_grey_blur_solarise(image: np.ndarray) -> None:
    everything = recolour(image, draws(1, grey=True, sigma=1.5, solarise=True), 0, 100)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE)
    assert np.array_equal(everything, np.where(blurred < 100, blurred, 255 - blurred)[..., None].repeat(3, 2))
    assert recolour(image, draws(1), 0, 128) is image


@pytest.mark.parametrize(
    'wrong',
    [
        dict(brightness=-0.1),
        dict(saturation=-1),
        dict(hue=0.6),
        dict(hue=-0.1),
        dict(jitter_prob=1.1),
        dict(grey_prob=-0.1),
        dict(blur_prob=2),
        dict(solarise_prob=80),
        dict(blur_sigma=2.0),
        dict(blur_sigma=(0, 2.0)),
        dict(blur_sigma=(2.0, 0.1)),
        dict(solarise_threshold=300),
    ],
)
def test_wrong_options_are_refused(wrong: dict) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f'Photometrics.{name}='):
        Photometrics(**wrong)
    with pytest.raises(TypeError, match='brightnes'):
        Photometrics(brightnes=0.4)
