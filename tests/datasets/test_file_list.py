"""Lists of files in little memory."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from mmdecon.datasets.file_list import FileList, Names


def test_names() -> None:
    texts = ['a', '', 'Ä/ü.png', os.fsdecode(b'\xff.jpg'), 'b' * 300]
    names = pickle.loads(pickle.dumps(Names(texts)))
    assert len(names) == 5 and list(names) == texts and names[-1] == texts[-1] and names[1:4] == texts[1:4]
    with pytest.raises(IndexError):
        names[5]
    assert list(Names([])) == []


def test_samples() -> None:
    files = FileList({'/x': ['a.png', 'b/c.png'], '/y': ['a.png'], '/z': []})
    assert [sample['img_path'] for sample in files] == ['/x/a.png', '/x/b/c.png', '/y/a.png']
    assert files[1] == dict(img_path='/x/b/c.png', name='b/c.png', number=1)
    part = files.keep([2, 0])
    assert [sample['number'] for sample in part] == [2, 0] and part[0]['img_path'] == '/y/a.png'
    assert [sample['number'] for sample in part[1:]] == [0] and len(files) == 3
    with pytest.raises(IndexError):
        files[3]


def test_each_file_once(tmp_path: Path) -> None:
    (tmp_path / 'a/b').mkdir(parents=True)
    (tmp_path / 'link').symlink_to(tmp_path / 'a')
    folder = str(tmp_path)
    found = {folder: ['a/b/1.png', 'a/2.png', 'link/2.png', 'link/b/1.png'], f'{folder}/a/b': ['1.png', '3.png']}
    assert [sample['name'] for sample in FileList(found)] == ['a/b/1.png', 'a/2.png', '3.png']


def test_a_name_costs_its_bytes_and_eight() -> None:
    names = [f'n{i:08d}.jpeg' for i in range(100_000)]
    assert len(pickle.dumps(FileList({'/data': names}))) < 100_000 * (14 + 8) + 1000


def test_order_of_draws_does_not_matter() -> None:
    files = FileList({'/x': [f'{i}.png' for i in range(50)]})
    order = np.random.default_rng(0).permutation(50)
    assert [files[int(i)]['name'] for i in order] == [f'{i}.png' for i in order]
