"""Colour changes are torchvision's: the same distributions, and with the same draws nearly the same pixels."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision.transforms.functional as tv
from mmengine import Config
from PIL import Image, ImageFilter, ImageOps
from torchvision import transforms

from mmdecon.datasets import Photometrics
from mmdecon.datasets.photometrics import recolour
from mmdecon.images.colour_draws import JITTERS, NEUTRAL, NUMBERS, ColourDraws, ColourOptions
from mmdecon.registry import TRANSFORMS

from .test_crops import distance

BASES = Path(__file__).parents[2] / 'configs/_base_/datasets'
ADJUST = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)
COUNT = 3000
CRITICAL = 1.95 * np.sqrt(2 / COUNT)  # exceeded once in a thousand by samples of one distribution


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    """Smooth patches in all colours, BGR."""
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(noise, (96, 96), interpolation=cv2.INTER_CUBIC)


def draws(order: tuple[int, ...] = (0, 1, 2, 3), grey=False, sigma=0.0, solarise=False, **factors) -> ColourDraws:
    """Draws for one image: what is named, and nothing else."""
    chosen = [factors.get(name, neutral) for name, neutral in zip(JITTERS, NEUTRAL)]
    return ColourDraws(*(np.array([each]) for each in (order, chosen, grey, sigma, solarise)))


def gap(image: np.ndarray, expected: Image.Image, **how) -> np.ndarray:
    """Levels between ours and an image of Pillow's, grey or RGB."""
    return abs(recolour(image, draws(**how), 0, 128).astype(int) - np.asarray(expected.convert('RGB'))[..., ::-1])


@pytest.mark.parametrize('factor', [0.0, 0.61, 0.999, 1.0, 1.37, 2.5])
def test_tables_and_grey_are_pillows(image: np.ndarray, factor: float) -> None:
    rgb = Image.fromarray(image[..., ::-1])
    assert gap(image, tv.adjust_brightness(rgb, factor), brightness=factor).max() == 0
    assert gap(image, tv.adjust_contrast(rgb, factor), contrast=factor).max() == 0
    assert gap(image, tv.adjust_saturation(rgb, factor), saturation=factor).max() <= max(1, factor)
    assert gap(image, rgb.convert('L'), grey=True).max() <= 1
    assert gap(image, ImageOps.solarize(rgb, 128), solarise=True).max() == 0


@pytest.mark.parametrize('turn', [-0.5, -0.1, -0.01, 0.03, 0.1, 0.4])
def test_hue_is_turned_by_as_much(image: np.ndarray, turn: float) -> None:
    rgb = Image.fromarray(image[..., ::-1])
    exact = tv.adjust_hue(tv.pil_to_tensor(rgb).float() / 255, turn).permute(1, 2, 0).numpy()[..., ::-1] * 255
    ours = recolour(image, draws(hue=turn), 0, 128) - exact
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


def test_grey_comes_before_blur_before_solarising(image: np.ndarray) -> None:
    everything = recolour(image, draws(grey=True, sigma=1.5, solarise=True), 0, 100)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE)
    assert np.array_equal(everything, np.where(blurred < 100, blurred, 255 - blurred)[..., None].repeat(3, 2))
    assert recolour(image, draws(), 0, 128) is image


def test_draws_have_the_distribution_of_torchvision() -> None:
    options = ColourOptions(brightness=0.4, contrast=1.5, saturation=0.2, hue=0.1, jitter_prob=1.0)
    ours = options.draw(np.random.default_rng(0).random((COUNT, NUMBERS)))
    jitter = transforms.ColorJitter(0.4, 1.5, 0.2, 0.1)
    torch.manual_seed(0)
    theirs = [
        jitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue) for _ in range(COUNT)
    ]
    for kind in range(4):
        assert distance(ours.factors[:, kind], np.array([each[1 + kind] for each in theirs])) < CRITICAL, JITTERS[kind]
        for place in range(4):
            assert (ours.order[:, place] == kind).mean() == pytest.approx(0.25, abs=0.03)
    assert len({tuple(order) for order in ours.order}) == 24


def test_draws_are_independent() -> None:
    halves = {f'{name}_prob': 0.5 for name in ('grey', 'blur', 'solarise')}
    always = ColourOptions(0.4, 0.4, 0.2, 0.1, jitter_prob=1.0, **halves)
    uniform = np.random.default_rng(0).random((COUNT, NUMBERS))
    drawn, seldom = always.draw(uniform), ColourOptions(0.4, jitter_prob=0.5, **halves).draw(uniform)
    blurred = drawn.sigma > 0
    rest = [seldom.factors[:, 0] != 1, drawn.grey, blurred, drawn.solarise]
    columns = np.stack([*np.argsort(drawn.order, axis=1).T[:1], *drawn.factors.T, *rest]).astype(float)
    for kind in range(4):  # when a change comes says nothing of how strong it is, nor of anything else
        columns[0] = np.argsort(drawn.order, axis=1)[:, kind]
        assert np.corrcoef(columns)[np.triu_indices(len(columns), 1)] == pytest.approx(0, abs=0.06)
    columns[0] = drawn.sigma
    off = np.corrcoef(np.delete(columns, 7, axis=0)[:, blurred])
    assert off[np.triu_indices(len(off), 1)] == pytest.approx(0, abs=0.08)


@pytest.mark.parametrize(
    'name, number, shares, jitter',
    [
        ('byol', 0, (0.8, 0.2, 1.0, 0.0), (0.4, 0.4, 0.2, 0.1)),
        ('byol', 1, (0.8, 0.2, 0.1, 0.2), (0.4, 0.4, 0.2, 0.1)),
        ('moco', 0, (0.8, 0.2, 0.5, 0.0), (0.4, 0.4, 0.4, 0.1)),
    ],
)
def test_shipped_photometrics_are_the_papers(name: str, number: int, shares: tuple, jitter: tuple) -> None:
    config = Config.fromfile(BASES / f'{name}_photometrics.py')
    (step,) = config.photometrics[number] if name == 'byol' else config.moco_photometric
    drawn = TRANSFORMS.build(step).options.draw(np.random.default_rng(1).random((COUNT, NUMBERS)))
    jittered = (drawn.factors != NEUTRAL).all(axis=1)
    found = [each.mean() for each in (jittered, drawn.grey, drawn.sigma > 0, drawn.solarise)]
    assert found == pytest.approx(shares, abs=0.03)
    assert (drawn.factors[~jittered] == NEUTRAL).all()
    assert abs(drawn.factors - NEUTRAL).max(axis=0) == pytest.approx(jitter, rel=0.01)
    blurred = drawn.sigma[drawn.sigma > 0]
    assert blurred.min() == pytest.approx(0.1, abs=0.02) and blurred.max() == pytest.approx(2.0, abs=0.02)
    assert blurred.mean() == pytest.approx(1.05, abs=0.12)
    both = np.corrcoef([jittered, drawn.grey])[0, 1]
    assert both == pytest.approx(0, abs=0.06)


def statistics(image: np.ndarray) -> tuple[float, ...]:
    """Brightness, contrast, colourfulness, sharpness of an image."""
    pixels = image.astype(float)
    return pixels.mean(), pixels.std(), np.ptp(pixels, axis=2).mean(), abs(np.diff(pixels, axis=0)).mean()


def test_results_have_the_statistics_of_torchvisions_pipeline(image: np.ndarray) -> None:
    small = image[:24, :24].copy()
    np.random.seed(0)
    torch.manual_seed(0)
    (step,) = Config.fromfile(BASES / 'byol_photometrics.py').photometrics[1]
    ours = TRANSFORMS.build(dict(step, blur_prob=0.5))
    blur = transforms.Lambda(lambda x: x.filter(ImageFilter.GaussianBlur(np.random.uniform(0.1, 2.0))))
    theirs = transforms.Compose(
        [
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], 0.8),
            transforms.RandomGrayscale(0.2),
            transforms.RandomApply([blur], 0.5),
            transforms.RandomSolarize(128, 0.2),
        ]
    )
    rgb = Image.fromarray(small[..., ::-1])
    mine = np.array([statistics(ours(dict(img=small))['img']) for _ in range(COUNT)])
    others = np.array([statistics(np.asarray(theirs(rgb))) for _ in range(COUNT)])
    for index, name in enumerate(('brightness', 'contrast', 'colourfulness', 'sharpness')):
        assert mine[:, index].mean() == pytest.approx(others[:, index].mean(), rel=0.03), name
        # where a share of the images stays as it was, levels lost by rounding move that share to and fro
        assert distance(np.round(mine[:, index], 0), np.round(others[:, index], 0)) < 1.5 * CRITICAL, name


def test_draws_follow_numpys_seed(image: np.ndarray) -> None:
    transform = Photometrics(brightness=0.4, hue=0.1, blur_prob=0.5)
    results = []
    for seed in (0, 0, 1):
        np.random.seed(seed)
        results.append(np.stack([transform(dict(img=image))['img'] for _ in range(4)]))
    assert np.array_equal(results[0], results[1]) and not np.array_equal(results[0], results[2])


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
