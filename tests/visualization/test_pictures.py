"""Views, slots, predictions and curves, by their pixels."""

import json

import numpy as np
import pytest

from mmdecon.visualization import (
    draw_crops,
    draw_curves,
    draw_errors,
    draw_mask,
    draw_slots,
    iou,
    palette,
    read_scalars,
)
from mmdecon.visualization.canvas import GREEN, ORANGE, SKY, VERMILION
from mmdecon.visualization.view_pairs import draw_pair, shared_boxes

BOXES = np.array([[10, 10, 50, 50], [30, 20, 70, 60]], np.float32)
IMAGE = np.zeros((80, 100, 3), np.uint8)


def test_crops_and_their_shared_area_are_marked_on_the_source():
    drawn = draw_crops(IMAGE, BOXES)
    assert drawn[10, 12].tolist() == list(ORANGE) and drawn[59, 40].tolist() == list(SKY)
    assert drawn[22, 40].tolist() == list(GREEN)
    assert drawn[35, 40].tolist() == [round(0.25 * part) for part in GREEN]
    assert not drawn[40, 20].any() and not drawn[70, 90].any()


def test_crops_that_share_nothing_are_marked_without_green():
    drawn = draw_crops(IMAGE, np.array([[0, 0, 20, 20], [40, 40, 60, 60]], np.float32))
    assert not (drawn == GREEN).all(-1).any()


def test_shared_area_within_a_flipped_view_is_flipped():
    (first, valid), (second, _) = shared_boxes(BOXES, [False, True])
    assert valid
    assert first.tolist() == [0.5, 0.25, 1, 1]
    assert second.tolist() == [0.5, 0, 1, 0.75]


def test_pair_shows_three_pictures_with_the_area_on_each_view():
    drawn = draw_pair(IMAGE, [IMAGE[:40, :40], IMAGE[:40, :40]], BOXES, [False, True])
    starts, bottom = [6 + i * 106 for i in range(3)], drawn.shape[0] - 6
    assert drawn.shape[1] == 3 * 100 + 4 * 6
    for start, (box, _) in zip(starts[1:], shared_boxes(BOXES, [False, True])):
        view = drawn[bottom - 80 : bottom, start : start + 100]
        green = (view == GREEN).all(-1)
        assert np.argwhere(green).min(0).tolist() == [round(box[1] * 80), round(box[0] * 100)]
        assert (np.argwhere(green).max(0) + 1).tolist() == [round(box[3] * 80), round(box[2] * 100)]


def test_pair_without_shared_area_says_so_and_marks_nothing():
    boxes = np.array([[0, 0, 20, 20], [40, 40, 60, 60]], np.float32)
    drawn = draw_pair(IMAGE, [IMAGE[:40, :40]] * 2, boxes, [False, False])
    assert not (drawn == GREEN).all(-1).any()


def test_each_cell_is_coloured_by_its_slot():
    slots = np.array([[0, 1], [3, 1]])
    drawn = draw_slots(IMAGE, slots, num_slots=4, opacity=1)
    colours = palette(4)
    assert (drawn[:40, :50] == colours[0]).all() and (drawn[40:, :50] == colours[3]).all()
    assert (drawn[:, 50:] == colours[1]).all()
    assert (draw_slots(IMAGE, slots, 4, opacity=0.5)[0, 0] == np.round(colours[0] / 2)).all()


def test_a_slot_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match='num_slots=3'):
        draw_slots(IMAGE, np.array([[0, 3]]), num_slots=3)


def test_right_too_much_and_lacking_have_their_colours():
    truth, prediction = np.array([[1, 0, 1, 0, 255]]), np.array([[1, 1, 0, 0, 1]])
    drawn = draw_errors(np.zeros((1, 5, 3), np.uint8), truth, prediction, opacity=1)
    assert drawn[0].tolist() == [list(GREEN), list(VERMILION), list(SKY), [0, 0, 0], [0, 0, 0]]
    assert iou(truth, prediction) == pytest.approx(1 / 3)
    assert draw_mask(np.zeros((1, 2, 3), np.uint8), np.array([[True, False]]), 1)[0].tolist() == [list(GREEN), [0] * 3]


def test_scalars_are_read_by_name(tmp_path):
    lines = [dict(loss=2, **{'enc/std': 0.5}, step=1), dict(loss=1.5, step=3), dict(mIoU=70.0, step=3, note='x')]
    (tmp_path / 'scalars.json').write_text('\n'.join(map(json.dumps, lines)))
    curves = read_scalars(tmp_path / 'scalars.json')
    assert [axis.tolist() for axis in curves['loss']] == [[1, 3], [2, 1.5]]
    assert [axis.tolist() for axis in curves['enc/std']] == [[1], [0.5]]
    assert sorted(curves) == ['enc/std', 'loss', 'mIoU']


def test_a_file_without_scalars_is_refused(tmp_path):
    (tmp_path / 'scalars.json').write_text('')
    with pytest.raises(ValueError, match='LocalVisBackend'):
        read_scalars(tmp_path / 'scalars.json')


def test_a_falling_curve_goes_down_and_a_rising_one_up():
    steps = np.arange(50.0)
    drawn = draw_curves(dict(a=dict(falls=(steps, -steps)), b=dict(rises=(steps, steps))), size=(200, 400))
    assert drawn.shape == (200, 400, 3)
    for panel, sign in ((drawn[:, :200], 1), (drawn[:, 200:], -1)):
        rows, columns = np.nonzero((np.abs(panel.astype(int) - ORANGE) < 8).all(-1))
        assert sign * (rows[columns > 150].mean() - rows[columns < 80].mean()) > 30
