import numpy as np
import pytest

from mmdecon.registry import REGIONS


def grid(n: int, height: int, width: int) -> np.ndarray:
    return REGIONS.build(dict(type='mmdecon.Grid', n=n))(np.zeros((height, width, 3), np.uint8), 'a.png')


def test_cells_are_numbered_in_raster_order():
    regions = grid(2, 4, 6)
    assert regions.dtype == np.int32 and regions.shape == (4, 6, 1)
    np.testing.assert_array_equal(regions[..., 0], np.kron([[0, 1], [2, 3]], np.ones((2, 3), int)))


@pytest.mark.parametrize(('height', 'width'), [(224, 224), (97, 203), (5, 6), (341, 5)])
def test_cells_differ_by_a_row_and_a_column_at_most(height, width):
    regions = grid(5, height, width)[..., 0]
    rows, columns = (np.bincount(line) for line in (regions[:, 0] // 5, regions[0] % 5))
    assert rows.size == columns.size == 5 and np.ptp(rows) <= 1 and np.ptp(columns) <= 1
    np.testing.assert_array_equal(np.bincount(regions.ravel()), np.outer(rows, columns).ravel())


def test_an_image_narrower_than_the_grid_has_a_cell_for_each_pixel():
    assert np.unique(grid(5, 2, 3)).size == 6


def test_options_name_the_method_and_all_that_decides():
    assert REGIONS.build(dict(type='mmdecon.Grid')).options == {'method': 'grid', 'n': 5}


@pytest.mark.parametrize('n', [0, -1, 2.0, True, '5'])
def test_n_must_count_cells(n):
    with pytest.raises(ValueError, match=rf'Grid: n is {n!r}.*integer >= 1'):
        REGIONS.build(dict(type='mmdecon.Grid', n=n))


@pytest.mark.parametrize(
    ('shape', 'dtype'), [((4, 4), np.uint8), ((4, 4, 2), np.uint8), ((4, 4, 3), np.float32), ((0, 4, 3), np.uint8)]
)
@pytest.mark.parametrize('kind', ['Felzenszwalb', 'Slic'])
def test_arrays_that_are_not_images_are_refused_by_name(kind, shape, dtype):
    with pytest.raises(ValueError, match=r'folder/a\.png is (uint8|float32) of shape .*\(height, width, 3\), BGR'):
        REGIONS.build(dict(type=f'mmdecon.{kind}'))(np.zeros(shape, dtype), 'folder/a.png')


@pytest.mark.parametrize('shape', [(4, 4), (0, 4, 3)])
def test_a_grid_needs_pixels(shape):
    with pytest.raises(ValueError, match=r'folder/a\.png is of shape .*\(height, width, channels\)'):
        REGIONS.build(dict(type='mmdecon.Grid'))(np.zeros(shape), 'folder/a.png')
