"""Colour changes are torchvision's: the same distributions of parameters and of results."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine import Config
from PIL import Image, ImageFilter
from torchvision import transforms

from mmdecon.datasets import Photometrics
from mmdecon.images.colour_draws import JITTERS, NEUTRAL, NUMBERS, ColourOptions
from mmdecon.registry import TRANSFORMS
from tests.support.colours import smooth_image
from tests.support.samples import critical_distance, distance

BASES = Path(__file__).parents[2] / 'configs/_base_/datasets'
COUNT = 3000
CRITICAL = critical_distance(COUNT)


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    return smooth_image()


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


@pytest.mark.wide
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
