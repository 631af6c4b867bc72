"""Paths on the command line stay what was typed; everything else is read as mmengine reads it."""

import runpy
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest
from mmengine.config import DictAction
from PIL import Image

from mmdecon.cli import common_parser, load_config
from mmdecon.path_options import PATHS, OptionsAction
from mmdecon.regions import RegionStore
from mmdecon.registry import DATASETS
from tests.support.commands import CONFIG, ROOT
from tests.support.image_files import write

DATASET = 'train_dataloader.dataset'
FOLDERS = f'{DATASET}.folders'


def parse(*words: str, action: type[DictAction] = OptionsAction) -> dict:
    parser = ArgumentParser()
    parser.add_argument('--options', nargs='+', action=action, default={})
    return parser.parse_args(['--options', *words]).options


@pytest.mark.parametrize(
    'text, value',
    [
        ('2017', '2017'),
        ('007', '007'),
        ('1e5', '1e5'),
        ('my photos', 'my photos'),
        ('a,b', ['a', 'b']),
        ("'a,b'", 'a,b'),
        ('"a,b"', 'a,b'),
        ("['a,b',2017]", ['a,b', '2017']),
        ('(a, b)', ['a', 'b']),
        ('[2017]', ['2017']),
        ('', ''),
    ],
)
def test_folders(text: str, value: str | list[str]) -> None:
    assert parse(f'{FOLDERS}={text}') == {FOLDERS: value}


@pytest.mark.parametrize('key', [key for key in PATHS if key != 'folders'])
def test_single_paths_keep_commas(key: str) -> None:
    assert parse(f'a.{key}=x,1', f'b.{key}=2017', f'c.{key}=None', f'{key}="q r"') == {
        f'a.{key}': 'x,1',
        f'b.{key}': '2017',
        f'c.{key}': None,
        key: 'q r',
    }


def test_other_keys_are_mmengines() -> None:
    words = ('a=1', 'b.c=0.5', 'd=x,1', 'e=[1,(2,y)]', 'f=None', 'g=True', 'h="1,2"', 'image_folder_size=3')
    assert parse(*words) == parse(*words, action=DictAction)


@pytest.mark.parametrize('word', ['folders', '=1', 'a=[1,2', 'a=1),2'])
def test_words_that_cannot_be_read_are_named(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(word)
    assert f'--options {word}: ' in capsys.readouterr().err


@pytest.mark.parametrize('text, count', [('2017', 1), ("'a,b'", 2), ("a,'b c'", 7), ('b c', 4), ("['a,b',2017]", 3)])
def test_a_run_finds_folders_of_such_names(tmp_path: Path, text: str, count: int) -> None:
    for name, images in (('2017', 1), ('a,b', 2), ('a', 3), ('b c', 4)):
        for number in range(images):
            write(tmp_path / name / f'{number}.png')
    options = (f'{DATASET}.data_root={tmp_path}', f'{DATASET}.folders={text}')
    cfg = load_config(common_parser('trains').parse_args([str(ROOT / CONFIG), '--cfg-options', *options]))
    assert len(DATASETS.build(cfg.train_dataloader.dataset)) == count


def test_tools_of_regions_take_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / 'images/a.png')
    (tmp_path / '2017').mkdir()
    Image.new('L', (30, 20)).save(tmp_path / '2017/a.png')
    monkeypatch.chdir(tmp_path)
    words = ['images', 'a.regions', '--method', 'human-labels', '--workers', '0', '--options', 'folder=2017']
    monkeypatch.setattr(sys, 'argv', ['regions.py', *words])
    runpy.run_path(str(ROOT / 'tools/regions.py'), run_name='__main__')
    assert RegionStore('a.regions').counts['regions'] == 1
