import logging
import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from PIL import Image

from mmdecon.datasets import ImageFolder, LoadImage, UnreadableImage
from mmdecon.datasets.sampler import Draw
from mmdecon.images.reading import read_image
from mmdecon.registry import DATASETS

RNG = np.random.default_rng(0)
LOAD = [LoadImage()]


def write(path: Path, value: int = 0, size: tuple[int, int] = (20, 30)) -> str:
    """Writes a grey image of one value, by the format of its extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)
    return str(path)


def truncate(path: Path, keep: float = 0.6) -> str:
    """Writes an image with a whole header and less than its data."""
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return str(path)


def paths(dataset: BaseDataset) -> list[str]:
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]


def names(dataset: BaseDataset, root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in paths(dataset)]


@pytest.fixture
def warnings_of(caplog: pytest.LogCaptureFixture):
    """What the dataset warned of so far."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield lambda: [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    logger.removeHandler(caplog.handler)


def test_folders_are_searched_recursively_in_sorted_order(tmp_path: Path) -> None:
    for name in ['b/2.JPG', 'b/10.png', 'a.jpeg', 'b/c/d/e.tif', 'z.bmp', '.hidden.png', 'B/x.webp']:
        write(tmp_path / name)
    (tmp_path / 'notes.txt').write_text('no image')
    expected = ['B/x.webp', 'a.jpeg', 'b/10.png', 'b/2.JPG', 'b/c/d/e.tif', 'z.bmp']
    assert names(ImageFolder(str(tmp_path)), tmp_path) == expected
    assert names(ImageFolder(str(tmp_path), extensions='.png'), tmp_path) == ['b/10.png']
    assert names(ImageFolder(str(tmp_path), indices=2), tmp_path) == expected[:2]


def test_several_folders_below_a_root_keep_their_order_and_share_no_file(tmp_path: Path) -> None:
    for name in ['unlabeled2017/1.jpg', 'train2017/3.jpg', 'train2017/2.jpg', 'train2017/more/4.jpg']:
        write(tmp_path / name)
    dataset = ImageFolder(['unlabeled2017', 'train2017', 'train2017/more/'], data_root=str(tmp_path))
    assert names(dataset, tmp_path) == [
        'unlabeled2017/1.jpg',
        'train2017/2.jpg',
        'train2017/3.jpg',
        'train2017/more/4.jpg',
    ]


def test_a_list_file_chooses_by_stem_or_relative_path(tmp_path: Path) -> None:
    for stem in ['2007_000032', '2007_000039', '2007_000063', 'sub/2007_000032']:
        write(tmp_path / f'JPEGImages/{stem}.jpg')
    chosen = tmp_path / 'ImageSets/train.txt'
    chosen.parent.mkdir()
    chosen.write_text('2007_000063\nsub/2007_000032.jpg\n\n2007_000032\n')
    dataset = ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    assert names(dataset, tmp_path / 'JPEGImages') == ['2007_000032.jpg', '2007_000063.jpg', 'sub/2007_000032.jpg']

    chosen.write_text('2007_000063\n2007_000064\n2007_000065')
    with pytest.raises(
        ValueError, match=r'^2 images that .*train\.txt \(dataset\.list_file\).* 2007_000064, 2007_000065$'
    ):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    write(tmp_path / 'JPEGImages/2007_000032.png')
    chosen.write_text('2007_000032')
    with pytest.raises(ValueError, match='several files.*: 2007_000032'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    chosen.write_text('\n')
    with pytest.raises(ValueError, match='names no image'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    with pytest.raises(FileNotFoundError, match=r'absent\.txt \(dataset\.list_file\)'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='absent.txt')


def test_a_folder_without_images_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'/absent \(dataset\.folders\) is not a folder.*dataset\.data_root'):
        ImageFolder('absent', data_root=str(tmp_path))
    write(tmp_path / 'full/a.png')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ValueError, match=r'no images under .*/empty \(dataset\.folders\).*\.jpg, \.jpeg, \.png'):
        ImageFolder(['full', 'empty'], data_root=str(tmp_path))
    with pytest.raises(ValueError, match=r'dataset\.folders is empty'):
        ImageFolder([])
    with pytest.raises(ValueError, match="'ignore'.*'stop' or 'skip'"):
        ImageFolder(str(tmp_path / 'full'), unreadable='ignore')


def test_unreadable_headers_stop_before_training_or_are_left_out(tmp_path: Path, warnings_of) -> None:
    for name in ['a.png', 'c.png']:
        write(tmp_path / name)
    (tmp_path / 'b.png').write_bytes(b'')
    (tmp_path / 'd.jpg').write_text('<html>not found</html>')
    with pytest.raises(UnreadableImage, match=r"^2 of 4 images.*/b\.png.*empty.*/d\.jpg.*dataset\.unreadable='skip'"):
        ImageFolder(str(tmp_path))
    assert not warnings_of()
    assert names(ImageFolder(str(tmp_path), unreadable='skip'), tmp_path) == ['a.png', 'c.png']
    assert len(warnings_of()) == 1 and '2 of 4' in warnings_of()[0] and 'd.jpg' in warnings_of()[0]
    assert len(ImageFolder(str(tmp_path), check=False)) == 4
    for name in ['a.png', 'c.png']:
        (tmp_path / name).unlink()
    with pytest.raises(UnreadableImage, match='2 of 2 images cannot be read'):
        ImageFolder(str(tmp_path), unreadable='skip')


@pytest.mark.parametrize('extension', ['jpg', 'png', 'bmp'])
def test_a_truncated_image_stops_with_its_name(tmp_path: Path, extension: str) -> None:
    path = truncate(tmp_path / f'cut.{extension}')
    dataset = ImageFolder(str(tmp_path), LOAD)  # its header is whole
    with pytest.raises(UnreadableImage, match=rf"{path} cannot be read: .*Repair.*dataset\.unreadable='skip'"):
        dataset[0]


def test_a_truncated_image_is_replaced_by_the_next_and_warned_of_once(tmp_path: Path, warnings_of) -> None:
    for number in range(4):
        write(tmp_path / f'{number}.png', value=10 * number)
    cut = [truncate(tmp_path / '1.png'), truncate(tmp_path / '3.png')]
    dataset = ImageFolder(str(tmp_path), LOAD, unreadable='skip')
    for _ in range(2):  # plain indices, and those that carry a seed
        assert [dataset[index]['img'].max() for index in range(4)] == [0, 20, 20, 0]
        assert [dataset[Draw(index, 5)]['img'].max() for index in range(4)] == [0, 20, 20, 0]
    assert [[path in message for path in cut] for message in warnings_of()] == [[True, False], [False, True]]

    loader = Runner.build_dataloader(
        dict(dataset=dataset, sampler=dict(type='DefaultSampler', shuffle=False), batch_size=2, num_workers=2)
    )
    values = [image.max() for batch in loader for image in batch['img']]
    assert values == [0, 20, 20, 0]

    truncate(tmp_path / '0.png'), truncate(tmp_path / '2.png')
    with pytest.raises(UnreadableImage, match='none of the 4 images'):
        dataset[0]


def test_worker_errors_name_the_file(tmp_path: Path) -> None:
    path = truncate(tmp_path / 'cut.png')
    batches = iter(torch.utils.data.DataLoader(ImageFolder(str(tmp_path), LOAD), num_workers=1))
    with pytest.raises(UnreadableImage, match=path):
        next(batches)
    assert next(batches, None) is None  # which ends the worker


def test_warnings_are_shared_with_workers(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / f'{number}.png')
    truncate(tmp_path / '0.png')
    dataset = ImageFolder(str(tmp_path), LOAD, unreadable='skip')
    list(torch.utils.data.DataLoader(dataset, num_workers=1))
    assert dataset._warned.tolist() == [True, False]


def test_every_colour_type_becomes_three_channels_of_bytes(tmp_path: Path) -> None:
    grey, alpha = RNG.integers(0, 256, (9, 7), dtype=np.uint8), RNG.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    deep = RNG.integers(0, 2**16, (9, 7), dtype=np.uint16)
    Image.fromarray(grey).save(tmp_path / 'grey.png')
    Image.fromarray(alpha).save(tmp_path / 'rgba.png')
    Image.fromarray(deep).save(tmp_path / 'deep.png')
    Image.fromarray(deep).save(tmp_path / 'deep.tif')
    cv2.imwrite(str(tmp_path / 'deep_colour.png'), np.stack([deep] * 3, axis=2))
    cv2.imwrite(str(tmp_path / 'deep_colour.tif'), np.stack([deep] * 3, axis=2))  # a format unknown to some Pillows
    Image.fromarray(alpha[..., :3]).quantize(200).save(tmp_path / 'palette.png')
    Image.fromarray(alpha[..., :3]).convert('CMYK').save(tmp_path / 'cmyk.jpg')
    Image.fromarray(grey).save(tmp_path / 'grey.jpg')
    dataset = ImageFolder(str(tmp_path), LOAD)
    images = {os.path.basename(sample['img_path']): sample['img'] for sample in map(dataset.__getitem__, range(9))}
    assert {image.shape for image in images.values()} == {(9, 7, 3)}
    assert {image.dtype for image in images.values()} == {np.dtype(np.uint8)}
    assert np.array_equal(images['grey.png'], np.stack([grey] * 3, axis=2))
    assert np.array_equal(images['rgba.png'], alpha[..., 2::-1])
    for name in ['deep.png', 'deep.tif', 'deep_colour.png', 'deep_colour.tif']:
        assert abs(images[name] - np.stack([deep / 257] * 3, axis=2)).max() <= 1, name


def test_jpegs_are_decoded_as_pillow_does_and_turned_upright(tmp_path: Path) -> None:
    picture = cv2.resize(RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8), (60, 40), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(picture).save(tmp_path / 'a.jpg')
    assert np.array_equal(read_image(str(tmp_path / 'a.jpg')), np.asarray(Image.open(tmp_path / 'a.jpg'))[..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(picture).save(tmp_path / 'b.jpg', exif=exif)
    upright = np.rot90(read_image(str(tmp_path / 'a.jpg')), -1)
    assert np.array_equal(read_image(str(tmp_path / 'b.jpg')), upright)


def test_seeded_draws_leave_the_global_generators_alone(tmp_path: Path) -> None:
    write(tmp_path / 'a.png')
    dataset = ImageFolder(str(tmp_path), [lambda sample: (random.random(), np.random.rand(), torch.rand(1).item())])

    def state() -> tuple:
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = state()
    first, again, other = dataset[Draw(0, 1)], dataset[Draw(0, 1)], dataset[Draw(0, 2)]
    assert first == again and not set(first) & set(other)
    assert state() == before
    assert dataset[0] != dataset[0] and state() != before  # plain indices draw on


def test_it_is_built_from_a_config_and_lazily(tmp_path: Path) -> None:
    dataset = DATASETS.build(
        dict(
            type='mmdecon.ImageFolder', folders=str(tmp_path), lazy_init=True, pipeline=[dict(type='mmdecon.LoadImage')]
        )
    )
    write(tmp_path / 'a.png', value=7)
    dataset.full_init()
    sample = dataset[0]
    assert sample['img_path'] == str(tmp_path / 'a.png') and sample['img_shape'] == (20, 30) == sample['ori_shape']
    assert np.array_equal(sample['img'], np.full((20, 30, 3), 7))
