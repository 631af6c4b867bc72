"""Damaged files stop a run with their names, or are left out or replaced with a warning."""

from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from mmdecon.datasets import ImageFolder, LoadImage, UnreadableImage
from mmdecon.datasets.sampler import Draw
from tests.support.image_files import names, truncate, write

LOAD = [LoadImage()]


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
