"""Pictures of depth, by their pixels."""

import numpy as np
import pytest
from matplotlib import colormaps

from mmdecon.visualization import colour_depth, draw_depth, scale_bar
from mmdecon.visualization.depth_maps import UNKNOWN

SIDE = 40


def colour(name, share):
    return np.round(np.array(colormaps[name](share)[:3]) * 255).astype(int).tolist()


def unknown(picture):
    return np.any([(picture == shade).all(-1) for shade in UNKNOWN], 0)


def test_depth_has_the_colours_of_its_share_of_the_range():
    drawn = colour_depth(np.array([[1.0, 2.0, 3.0, 9.0, 0.5]]), (1, 3))
    assert drawn[0].tolist() == [colour('viridis', share) for share in (0.0, 0.5, 1.0, 1.0, 0.0)]


@pytest.mark.parametrize('value', [0, -1, np.nan, np.inf])
def test_what_is_not_known_is_a_checkerboard(value):
    depth = np.full((SIDE, SIDE), 2.0)
    depth[:8, :8] = value
    drawn = colour_depth(depth, (1, 3))
    assert unknown(drawn).sum() == 64 and unknown(drawn[:8, :8]).all()
    assert (drawn[:4, :4] == UNKNOWN[0]).all() and (drawn[:4, 4:8] == UNKNOWN[1]).all()


def test_the_bar_has_the_largest_value_on_top():
    bar = scale_bar(120, (0, 4))
    assert bar.shape == (120, 70, 3)
    assert [bar[row, 0].tolist() for row in (0, 119)] == [colour('viridis', 1.0), colour('viridis', 0.0)]
    assert (bar[:, 19:] < 128).any()


def row(**options):
    """Truth 1 m on the left and 3 m on the right, unknown in the last rows; the prediction is 1 m everywhere."""
    truth = np.ones((SIDE, SIDE))
    truth[:, SIDE // 2 :] = 3
    truth[-8:] = 0
    drawn = draw_depth(np.zeros((SIDE, SIDE, 3), np.uint8), truth, np.ones((SIDE, SIDE)), **options)
    lefts = [8 + i * (SIDE + 8) for i in range(3)] + [8 + 3 * (SIDE + 8) + 78]
    return [drawn[-8 - SIDE : -8, left : left + SIDE] for left in lefts]


def test_truth_and_prediction_share_their_colours():
    image, truth, prediction, _ = row()
    near, far = colour('viridis', 0.0), colour('viridis', 1.0)
    assert not image.any()
    assert truth[0, 0].tolist() == near and truth[0, -1].tolist() == far
    assert (prediction == near).all()
    assert unknown(truth)[-8:].all() and not unknown(truth)[:-8].any() and not unknown(prediction).any()


def test_the_difference_is_in_metres_and_unknown_where_the_truth_is():
    *_, error = row(largest_error=4.0)
    assert error[0, 0].tolist() == colour('magma', 0.0) and error[0, -1].tolist() == colour('magma', 0.5)
    assert unknown(error)[-8:].all() and not unknown(error)[:-8].any()


def test_given_limits_decide_the_colours():
    _, truth, _, _ = row(limits=(1, 5))
    assert truth[0, -1].tolist() == colour('viridis', 0.5)


def test_a_map_of_one_value_can_be_drawn():
    assert draw_depth(np.zeros((SIDE, SIDE, 3), np.uint8), np.ones((SIDE, SIDE)), np.ones((SIDE, SIDE))).any()


def test_what_makes_no_sense_is_refused():
    image, depth = np.zeros((SIDE, SIDE, 3), np.uint8), np.ones((SIDE, SIDE))
    with pytest.raises(ValueError, match='of one size'):
        draw_depth(image, depth, depth[1:])
    with pytest.raises(ValueError, match='nothing to compare'):
        draw_depth(image, depth * 0, depth)
    with pytest.raises(ValueError, match=r'limits=\(2, 2\)'):
        colour_depth(depth, (2, 2))
