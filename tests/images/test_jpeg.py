"""JPEGs decoded late: fewer pixels, the same place."""

from io import BytesIO
from pathlib import Path

import cv2
import mmcv
import numpy as np
import pytest
from PIL import Image

from mmdecon.datasets import ImageFolder, LoadImage, LoadRegions, PackViews, TwoViews, UnreadableImage
from mmdecon.images.jpeg import EncodedImage
from mmdecon.images.orientation import ORIENTATION
from mmdecon.images.reading import read_image
from mmdecon.regions import Job, make_store
from mmdecon.regions.grid import Grid

WIDTH, HEIGHT = 1203, 901


def picture(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A smooth image whose channels are nearly the column, the row and a pattern; RGB."""
    y, x = np.mgrid[:height, :width].astype(float)
    pattern = 128 + 60 * np.sin(x / 40) * np.sin(y / 50)
    return np.stack([x / width * 255, y / height * 255, pattern], axis=2).round().astype(np.uint8)


def encode(image: Image.Image, **options) -> bytes:
    file = BytesIO()
    image.save(file, 'JPEG', quality=97, **options)
    return file.getvalue()


@pytest.fixture(scope='module')
def content() -> bytes:
    return encode(Image.fromarray(picture()))


@pytest.mark.parametrize('mode', ['RGB', 'L', 'CMYK'])
@pytest.mark.parametrize('orientation', [None, 1, 3, 6, 8])
def test_whole_decoding_is_mmcvs(mode: str, orientation: int | None) -> None:
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    content = encode(Image.fromarray(picture(61, 40)).convert(mode), exif=exif)
    encoded = EncodedImage(content, 'a.jpg')
    decoded = encoded.decode()
    assert np.array_equal(decoded, mmcv.imfrombytes(content, backend='pillow'))
    assert decoded.shape == (*encoded.shape, 3) and encoded.shape == ((61, 40) if orientation in (6, 8) else (40, 61))


@pytest.mark.parametrize('reduction', [2, 4, 8])
def test_reduced_pixels_are_means_of_squares(content: bytes, reduction: int) -> None:
    encoded = EncodedImage(content, 'a.jpg')
    reduced, whole = encoded.decode(reduction), encoded.decode()
    assert reduced.shape == (-(-HEIGHT // reduction), -(-WIDTH // reduction), 3)
    rows, columns = HEIGHT // reduction, WIDTH // reduction
    squares = whole[: rows * reduction, : columns * reduction].reshape(rows, reduction, columns, reduction, 3)
    difference = abs(squares.mean(axis=(1, 3)) - reduced[:rows, :columns])
    assert difference.mean() < 1 and difference.max() < 6


@pytest.mark.parametrize(
    'boxes, reduction',
    [
        (((3, 5, 1203, 901), (1, 1, 1001, 701)), 8),  # 875 = 7 x 100 + ..., at least 8 x 87
        (((3, 5, 1203, 901), (7, 3, 607, 505)), 4),
        (((3, 5, 803, 605), (101, 203, 301, 403)), 2),
        (((3, 5, 1203, 901), (101, 203, 300, 402)), 2),
        (((3, 5, 1203, 901), (101, 203, 270, 380)), 1),
    ],
)
def test_crops_keep_their_place_and_their_pixels(content: bytes, boxes: tuple, reduction: int) -> None:
    size = (85, 96)
    encoded = EncodedImage(content, 'a.jpg')
    found, crops = encoded.cut(boxes, size)
    whole = encoded.decode()
    for box, wanted, crop in zip(found, boxes, crops):
        assert all(0 <= want - edge < reduction and edge % reduction == 0 for edge, want in zip(box, wanted))
        left, top, right, bottom = box
        assert crop.shape == ((bottom - top) // reduction, (right - left) // reduction, 3)
        assert crop.shape[0] >= size[0] and crop.shape[1] >= size[1]
        expected = cv2.resize(whole[top:bottom, left:right], crop.shape[1::-1], interpolation=cv2.INTER_AREA)
        difference = abs(crop.astype(int) - expected)
        assert difference.mean() < 1 and difference.max() < 6
    if reduction == 1:
        assert found == list(boxes)


def test_small_crops_are_decoded_whole(content: bytes) -> None:
    _, crops = EncodedImage(content, 'a.jpg').cut([(0, 0, 50, 50), (0, 0, 1203, 901)], (85, 96))
    assert [crop.shape[:2] for crop in crops] == [(50, 50), (901, 1203)]


@pytest.fixture
def folder(tmp_path: Path, content: bytes) -> Path:
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images/large.jpg').write_bytes(content)
    Image.fromarray(picture(90, 70)).save(tmp_path / 'images/small.png')
    return tmp_path / 'images'


def view_pairs(folder: Path, late: bool, *regions: LoadRegions) -> list[list[dict]]:
    """The packed views of all images, the large one first."""
    pipeline = [LoadImage(late), *regions, TwoViews(size=48, scale=(0.1, 1.0)), PackViews()]
    np.random.seed(0)
    dataset = ImageFolder(str(folder), pipeline)
    return [dataset[index]['views'] for index in range(len(dataset))]


def test_views_and_regions_of_late_decoding_are_those_of_early(folder: Path) -> None:
    store = str(folder.parent / 'a.regions')
    make_store(Job(str(folder), Grid(n=5)), ['large.jpg', 'small.png'], store)
    early, late = (view_pairs(folder, late, LoadRegions(store=store)) for late in (False, True))
    for view, other in zip(sum(early, []), sum(late, [])):
        assert abs(view['box'] - other['box']).max() < 8 and view['flipped'] == other['flipped']
        assert view['source'].tolist() == other['source'].tolist()
        difference = abs(view['image'].int() - other['image'].int()).float()
        assert difference.mean() < 2.5
        assert (view['regions'] == other['regions']).float().mean() > 0.93
    assert any((view['box'] != other['box']).any() for view, other in zip(early[0], late[0]))  # it was decoded reduced
    for view in late[0]:  # columns and rows are where the box says
        left, _, right, _ = view['box'].tolist()
        columns = view['image'][2].float().mean(0) / 255 * WIDTH
        columns = columns.flip(0) if view['flipped'] else columns
        truth = left + (right - left) * (np.arange(48) + 0.5) / 48 - 0.5
        assert abs(columns.numpy() - truth).mean() < 4


def test_a_generator_gets_the_whole_image(folder: Path) -> None:
    early, late = (
        view_pairs(folder, late, LoadRegions(generator=dict(type='mmdecon.Grid', n=5))) for late in (False, True)
    )
    for view, other in zip(sum(early, []), sum(late, [])):
        assert all((view[key] == other[key]).all() for key in view) and 'regions' in view


def test_damaged_files_are_refused_late_too(folder: Path, content: bytes) -> None:
    (folder / 'cut.jpg').write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableImage, match=r'cut\.jpg'):
        view_pairs(folder, True)
    with pytest.raises(UnreadableImage, match=r'cut\.jpg'):
        read_image(str(folder / 'cut.jpg'))
    (folder / 'cut.jpg').write_bytes(content[:30])
    with pytest.raises(UnreadableImage, match=r'cut\.jpg'):
        EncodedImage(content[:30], 'cut.jpg')
