import sys

import numpy as np
import pytest

from mmdecon.images.reading import read_image
from mmdecon.registry import REGIONS
from tests.support.region_images import NUCLEI, patches


def slic(**options) -> object:
    return REGIONS.build(dict(type='mmdecon.Slic', **options))


def test_it_is_scikit_images_on_rgb():
    from skimage.segmentation import slic as reference

    image = read_image(NUCLEI[0]) // 2 + patches(0, 256, 256, 3, side=50) // 2
    regions = slic(segments=30, compactness=5.0, sigma=1.0)(image, 'a.png')
    wanted = reference(image[..., ::-1], n_segments=30, compactness=5.0, sigma=1.0, start_label=0)
    assert regions.dtype == np.int32
    np.testing.assert_array_equal(regions, wanted[..., None])


def test_colour_parts_regions_and_more_compactness_squares_them():
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 13:] = 255
    by_colour, by_place = (slic(segments=4, compactness=c)(image, 'a.png')[..., 0] for c in (0.1, 1e4))
    crossing = [np.intersect1d(regions[:, :13], regions[:, 13:]).size for regions in (by_colour, by_place)]
    assert crossing[0] == 0 < crossing[1]


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (1, 9), (9, 2)])
def test_tiny_images_are_covered(height, width):
    regions = slic()(np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3), 'a.png')
    assert regions.shape == (height, width, 1) and regions.min() == 0


def test_options_name_the_method_and_all_that_decides():
    assert slic().options == {'method': 'slic', 'segments': 100, 'compactness': 10.0, 'sigma': 0.0}


@pytest.mark.parametrize(
    'options', [dict(segments=0), dict(segments=1.5), dict(compactness=0), dict(compactness='1'), dict(sigma=-1.0)]
)
def test_arguments_out_of_range_are_refused_by_name(options):
    [(key, value)] = options.items()
    with pytest.raises(ValueError, match=f'Slic: {key} is {value!r}: give '):
        slic(**options)


def test_without_scikit_image_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'skimage', None)
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon needs skimage.*pip install "mmdecon\[regions\]"'):
        slic()
