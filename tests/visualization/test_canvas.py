"""Colours, brightness, captions and tiles, by their pixels."""

import numpy as np
import pytest

from mmdecon.visualization import blend, brighten, caption, enlarge, frame, palette, tile


def grey(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def test_palette_is_stable_and_its_colours_differ():
    colours = palette(20)
    assert (palette(7) == colours[:7]).all()
    assert colours[0].tolist() == [255, 51, 51]
    distance = np.abs(colours[:, None].astype(int) - colours[None]).sum(-1)
    assert distance[~np.eye(20, dtype=bool)].min() > 70


def test_brighten_spreads_from_black_to_white():
    dark = grey(10, 10, 4)
    dark[0] = 24
    dark[1] = 14
    bright = brighten(dark)
    assert bright[0].min() == 255 and bright[5].max() == 0 and bright[1].min() == bright[1].max() == 128


def test_brighten_leaves_an_even_image_dark():
    assert brighten(grey(4, 4, 200)).max() == 0


def test_blend_takes_a_share_of_the_colour():
    share = np.zeros((2, 2))
    share[0, 1] = 0.25
    mixed = blend(grey(2, 2, 100), (200, 0, 100), share)
    assert mixed[0, 1].tolist() == [125, 75, 100]
    assert mixed[1].tolist() == [[100] * 3] * 2


def test_enlarge_makes_blocks():
    small = np.array([[0, 50], [100, 150]], np.uint8)
    large = enlarge(small, (4, 6))
    assert large.tolist() == np.repeat(np.repeat(small, 2, 0), 3, 1).tolist()


def test_frame_stays_inside_the_box():
    framed = frame(grey(10, 12, 0), (2, 3, 9, 8), (7, 8, 9), width=1)
    inside = np.zeros((10, 12), bool)
    inside[3:8, 2:9] = True
    inside[4:7, 3:8] = False
    assert (framed[inside] == [7, 8, 9]).all() and not framed[~inside].any()


def test_caption_leaves_the_picture_as_it_is():
    picture = np.random.default_rng(0).integers(0, 255, (30, 80, 3), np.uint8)
    high = caption(picture, 'two\nlines', size=10)
    assert (high[-30:] == picture).all()
    strip = high[:-30]
    assert len(strip) == 33 and strip[:3].min() == 255 and strip.min() < 80


@pytest.mark.parametrize('gap', [0, 3])
def test_tile_puts_pictures_in_their_places(gap):
    whole = tile([[grey(4, 5, 10), grey(6, 2, 20)], [grey(3, 9, 30)]], gap)
    assert whole.shape == (6 + 3 + 3 * gap, 9 + 2 * gap if not gap else max(5 + gap + 2, 9) + 2 * gap, 3)
    assert (whole[gap : gap + 4, gap : gap + 5] == 10).all()
    assert (whole[gap : gap + 6, 5 + 2 * gap : 7 + 2 * gap] == 20).all()
    assert (whole[6 + 2 * gap : 9 + 2 * gap, gap : gap + 9] == 30).all()
    assert (whole == 255).sum() == whole.size - 3 * (20 + 12 + 27)
