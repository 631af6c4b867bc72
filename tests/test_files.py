"""Files are written whole or not at all, on a disk that is really full; what cannot be written is refused first."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmdecon.checkpoint import load_file, save_file
from mmdecon.files import full_disk_named, require_picture, require_writable, write_json, write_picture, write_text
from tests.support.full_disk import SAYS, full_disk

__all__ = ['full_disk']  # a fixture
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
WRITERS = {
    'x.pth': lambda path: save_file(dict(state_dict={'a': torch.randn(100, 100)}), str(path)),
    'x.md': lambda path: write_text(path, 'word ' * 10_000),
    'x.json': lambda path: write_json(path, list(range(10_000))),
    'x.png': lambda path: write_picture(path, PICTURE),
}


@pytest.mark.parametrize('name', WRITERS)
def test_a_full_disk_is_named_and_the_old_file_stays(full_disk, tmp_path, name) -> None:
    path, write = tmp_path / name, WRITERS[name]
    for _ in range(2):
        with pytest.raises(OSError, match=rf'{name} cannot be written: {SAYS}; the disk at / ?\S* has [\d.]+ MB'):
            write(path)
        assert [file.name for file in tmp_path.iterdir()] == ([name] if path.exists() else [])
        path.write_bytes(b'old')  # so that the second time there is one
    assert path.read_bytes() == b'old'


@pytest.mark.parametrize('name', WRITERS)
def test_files_are_whole_and_readable_by_all(tmp_path, name) -> None:
    path = tmp_path / 'folder' / name
    WRITERS[name](path)
    assert [file.name for file in path.parent.iterdir()] == [name] and path.stat().st_mode & 0o777 == 0o644
    if name == 'x.png':
        np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], PICTURE)
    if name == 'x.pth':
        assert load_file(str(path))['state_dict']['a'].shape == (100, 100)


def test_what_another_library_cannot_write_names_the_disk(full_disk, tmp_path) -> None:
    words = rf'a file in {tmp_path} cannot be written: {SAYS}; the disk at'
    with pytest.raises(OSError, match=words), full_disk_named(tmp_path):
        (tmp_path / 'epoch_1.pth').write_bytes(bytes(10_000))
    with pytest.raises(FileNotFoundError), full_disk_named(tmp_path):
        (tmp_path / 'gone').read_bytes()


@pytest.mark.parametrize('require', [require_writable, require_picture])
def test_what_cannot_be_written_is_refused_before_work(tmp_path, require: Callable[..., None]) -> None:
    (tmp_path / 'file').touch()
    (tmp_path / 'x.png').mkdir()
    require(tmp_path / 'deep/deeper/out.PNG', '--out')
    with pytest.raises(ValueError, match=r'--out .*x\.png is a folder; name the file'):
        require(tmp_path / 'x.png', '--out')
    with pytest.raises(ValueError, match=r'--out .*out\.png lies in .*file, which is no folder'):
        require(Path(tmp_path, 'file/out.png'), '--out')


@pytest.mark.parametrize('name', ['out.xyz', 'out', 'out.pdf', 'out.png.xyz'])
def test_kinds_of_picture_that_nothing_writes(tmp_path, name) -> None:
    with pytest.raises(ValueError, match=rf'OUT .*{name} ends in no kind of picture'):
        require_picture(tmp_path / name, 'OUT')
