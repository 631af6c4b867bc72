"""Text files and JSON are read in any of Unicode's encodings, or refused by name."""

import json
from pathlib import Path

import pytest
from PIL import Image

from mmdecon.datasets import DepthFolder, ImageFolder
from mmdecon.texts import load_json, read_lines
from mmdecon.visualization import read_scalars

MARKED = ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32']
LIST = '2007_000032\r\nsub/straße\r\n\r\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images."""
    (tmp_path / 'images/sub').mkdir(parents=True)
    for name in ('2007_000032', 'sub/straße', 'c'):
        Image.new('RGB', (8, 8)).save(tmp_path / f'images/{name}.png')
    return tmp_path / 'images'


@pytest.mark.parametrize('encoding', MARKED)
def test_lists_of_images(folder: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / 'list.txt'
    path.write_bytes(LIST.encode(encoding))
    data = ImageFolder(str(folder), list_file=str(path))
    assert [data.get_data_info(i)['name'] for i in range(len(data))] == ['2007_000032.png', 'sub/straße.png']
    depth = DepthFolder(1000, str(folder), None, list_file=str(path), image_suffix='.png')
    assert [depth.get_data_info(i)['img_path'].rpartition('/')[2] for i in range(2)] == [
        '2007_000032.png',
        'straße.png',
    ]


def test_joined_lists_hold_a_mark_within(folder: Path, tmp_path: Path) -> None:
    (tmp_path / 'list.txt').write_bytes('c\n'.encode('utf-8-sig') + '2007_000032\n'.encode('utf-8-sig'))
    assert len(ImageFolder(str(folder), list_file=str(tmp_path / 'list.txt'))) == 2


def test_one_letter_may_be_two_characters(folder: Path, tmp_path: Path) -> None:
    (folder / 'sub/straße.png').rename(folder / 'a\u0308.png')
    (tmp_path / 'list.txt').write_text('ä.png', encoding='utf-8')
    data = ImageFolder(str(folder), list_file=str(tmp_path / 'list.txt'))
    assert [data.get_data_info(0)['name']] == ['a\u0308.png'] and len(data) == 1


@pytest.mark.parametrize(
    'content, message',
    [
        ('c\nstraße'.encode('latin-1'), r'list.txt is no UTF-8 text from line 2 on: save it as UTF-8'),
        ('c\n'.encode('utf-16-le'), 'list.txt holds NUL characters'),
        ('c\n\U0001f600'.encode('utf-16')[:-1], 'list.txt is no UTF-16 text'),
        ('c\u200b\n'.encode(), r"do not exist under .*images .*: 'c\\u200b'"),
    ],
)
def test_lists_that_cannot_be_read(folder: Path, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / 'list.txt').write_bytes(content)
    with pytest.raises(ValueError, match=message):
        ImageFolder(str(folder), list_file=str(tmp_path / 'list.txt'))


@pytest.mark.parametrize('encoding', [*MARKED, 'utf-16-le', 'utf-16-be', 'utf-32-le'])
def test_json(tmp_path: Path, encoding: str) -> None:
    (tmp_path / 'a.json').write_bytes(json.dumps(dict(ä=[1]), ensure_ascii=False).encode(encoding))
    assert load_json(str(tmp_path / 'a.json')) == dict(ä=[1])


@pytest.mark.parametrize('content', [b'', b'{"a": ', b'[' * 100000, '{"ä": 1}'.encode('latin-1'), b'\xff\xfe{'])
def test_json_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'a.json').write_bytes(content)
    with pytest.raises(ValueError, match='a.json cannot be read as JSON: '):
        load_json(str(tmp_path / 'a.json'))


def test_scalars_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / 'scalars.json'
    path.write_text('{"step": 1, "loss": 2.0}\n\n{"step": 2, "lo')
    with pytest.raises(ValueError, match='scalars.json, line 3 cannot be read as JSON'):
        read_scalars(path)
    path.write_text('[1]')
    with pytest.raises(ValueError, match='scalars.json, line 1 is no JSON object'):
        read_scalars(path)


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / 'a.txt').write_bytes(b'a\rb\r\n\n c\x0cd ')
    assert list(read_lines(str(tmp_path / 'a.txt'))) == ['a', 'b', '', 'c\x0cd']
