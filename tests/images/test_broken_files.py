"""Whatever became of a file: a right image or an error that names it, within the bound; check and training agree."""

import resource
import warnings
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from mmdecon.datasets import ImageFolder, LoadImage, PackViews, TwoViews
from mmdecon.images.errors import UnreadableImage
from mmdecon.images.header import variable
from mmdecon.images.orientation import turn
from mmdecon.images.reading import check_image, open_image, read_image
from tests.support.broken_images import KINDS, breakages, odd_tags, whole

BOUND = 2**18  # pixels
MEGABYTES = 100  # more than decoding so many pixels takes, far less than what a broken size asks for


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A low bound on pixels; the memory of the process may not grow by more than they need."""
    monkeypatch.setenv(variable('PIXELS'), str(BOUND))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Pillow's, of tags
        yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


def outcome(path: Path) -> np.ndarray | None:
    """Reads a file as training does; None if it is refused by its name."""
    try:
        image = read_image(str(path))
    except UnreadableImage as error:
        assert str(path) in str(error) and '\n' not in str(error), error
        return None
    assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and 0 < image.size <= 3 * BOUND
    opened = open_image(str(path))
    if not isinstance(opened, np.ndarray):
        assert opened.shape == image.shape[:2]
        height, width = opened.shape
        (crop,) = opened.cut([(0, 0, width, height)], (height // 3 + 1, width // 3 + 1))[1]  # decoded at a half
        assert abs(crop.shape[0] - height / 2) <= 1 and abs(crop.shape[1] - width / 2) <= 1
    return image


def examine(folder: Path, seed: int) -> int:
    """Breaks one file of each kind in each way; returns how many could still be read."""
    rng, read = np.random.default_rng(seed), 0
    for kind, (ending, _, _) in enumerate(KINDS):
        for number, content in enumerate(breakages(whole(kind, rng, int(rng.integers(1, 9))), rng)):
            path = folder / f'{seed}-{kind}-{number}.{ending}'
            path.write_bytes(content)
            image = outcome(path)
            assert (check_image(str(path), pixels=True) is None) == (image is not None), path
            assert image is None or check_image(str(path)) is None, path  # headers: no sound file is refused
            read += image is not None
    return read


def test_broken_files(tmp_path: Path) -> None:
    read = sum(examine(tmp_path, seed) for seed in range(3))
    count = len(list(tmp_path.iterdir()))
    assert 0.1 * count < read < 0.9 * count  # neither all too broken nor all sound


@pytest.mark.parametrize('at', ['the header', 'the pixels', 'the end'])
def test_a_png_asks_for_no_more_memory_than_it_has_bytes(tmp_path: Path, at: str) -> None:
    """OpenCV since 4.11 reserves what a chunk claims to hold."""
    content = whole(3, np.random.default_rng(1))
    place = {'the header': 33, 'the pixels': content.index(b'IDAT') - 4, 'the end': len(content) - 12}[at]
    path = tmp_path / 'a.png'
    path.write_bytes(content[:place] + (2**31 - 9).to_bytes(4, 'big') + content[place + 4 :])
    assert outcome(path) is None and f'damaged at byte {place}' in str(check_image(str(path), pixels=True))


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(100, 400, 20))
def test_many_broken_files(tmp_path: Path, seed: int) -> None:
    for part in range(seed, seed + 20):
        examine(tmp_path, part)


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('kind', [0, 3, 7], ids=['jpg', 'png', 'webp'])
def test_odd_tags_are_no_damage(tmp_path: Path, kind: int, orientation: int) -> None:
    ending, upright = KINDS[kind][0], tmp_path / f'upright.{KINDS[kind][0]}'
    upright.write_bytes(whole(kind, np.random.default_rng(7)))
    expected, rng = turn(read_image(str(upright)), orientation), np.random.default_rng(orientation)
    for number in range(20):
        path = tmp_path / f'{number}.{ending}'
        content = whole(kind, np.random.default_rng(7), orientation)
        path.write_bytes(with_sums(odd_tags(content, rng)) if ending == 'png' else odd_tags(content, rng))
        assert check_image(str(path)) is None
        assert np.array_equal(outcome(path), expected), path


def with_sums(content: bytes) -> bytes:
    """A PNG with right checksums: it was written with these tags, not damaged."""
    made, at = bytearray(content[:8]), 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], 'big')
        part = content[at + 4 : at + 8 + length]
        made += content[at : at + 4] + part + crc32(part).to_bytes(4, 'big')
        at += length + 12
    return bytes(made)


def test_a_check_of_pixels_leaves_what_training_reads(tmp_path: Path) -> None:
    examine(tmp_path, 5)
    pipeline = [LoadImage(late=True), TwoViews(size=8), PackViews()]
    dataset = ImageFolder(str(tmp_path), pipeline, unreadable='skip', check='pixels')
    assert 20 < len(dataset) < len(list(tmp_path.iterdir())) - 20
    dataset.unreadable = 'stop'
    for index in range(len(dataset)):
        dataset[index]
