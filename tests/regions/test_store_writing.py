"""A store is the same file for any number of workers and interruptions; faults of images and generators are named."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mmdecon.images.errors import UnreadableImage
from mmdecon.regions import Job, RegionStore, make_store
from mmdecon.regions.journal import StoreWriter
from tests.support.stores import names_of, save
from tests.support.stripes import Stripes

ROOT = Path(__file__).parents[2]
SLOW = """
import sys, time
from mmdecon.regions import Job, make_store
from tests.support.stripes import Stripes
class Slow(Stripes):
    def __call__(self, image, name):
        time.sleep(0.05)
        return super().__call__(image, name)
if __name__ == '__main__':
    folder, out, *names = sys.argv[1:]
    make_store(Job(folder, Slow()), names, out, 2)
"""


def test_the_file_does_not_depend_on_the_workers(folder: Path, tmp_path: Path) -> None:
    assert save(folder, tmp_path / 'a', 0) == save(folder, tmp_path / 'b', 2)
    assert save(folder, tmp_path / 'c', 0, Stripes(width=4)) != save(folder, tmp_path / 'd', 0)


def test_killed_and_continued_it_is_the_same_file(folder: Path, tmp_path: Path) -> None:
    whole, out, script = save(folder, tmp_path / 'whole'), tmp_path / 'killed', tmp_path / 'slow.py'
    script.write_text(SLOW)
    command = [sys.executable, str(script), str(folder), str(out), *names_of(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, 'PYTHONPATH': str(ROOT)}, start_new_session=True)
    partial = tmp_path / 'killed.partial'
    end = time.monotonic() + 60
    while (partial.stat().st_size if partial.exists() else 0) < 1200:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists() and partial.stat().st_size < len(whole)
    while True:  # the workers end by themselves
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < end
        time.sleep(0.01)
    with partial.open('ab') as file:
        file.write(b'torn')
    made = make_store(Job(str(folder), Stripes()), names_of(folder), str(out), 0)
    assert 0 < made < 30 and out.read_bytes() == whole and not partial.exists()


@pytest.mark.parametrize('share', [0.0, 0.01, 0.2, 0.5, 0.9, 0.999, 1.0])
def test_it_continues_from_any_point(folder: Path, tmp_path: Path, share: float) -> None:
    whole, out = save(folder, tmp_path / 'whole'), tmp_path / 'out'
    Path(f'{out}.partial').write_bytes(whole[: int(len(whole) * share)])
    assert save(folder, out) == whole


def test_a_damaged_middle_is_made_again(folder: Path, tmp_path: Path) -> None:
    whole, out = save(folder, tmp_path / 'whole'), tmp_path / 'out'
    damaged = bytearray(whole)
    damaged[len(whole) // 3] ^= 255
    Path(f'{out}.partial').write_bytes(damaged)
    assert save(folder, out) == whole


def test_refusals_of_writing(folder: Path, tmp_path: Path) -> None:
    whole, out = save(folder, tmp_path / 'whole'), tmp_path / 'out'
    with pytest.raises(FileExistsError, match='whole exists already'):
        save(folder, tmp_path / 'whole')
    Path(f'{out}.partial').write_bytes(whole[:900])
    with pytest.raises(ValueError, match='begun with the options .*"width": 5.*, not .*"width": 6'):
        save(folder, out, generator=Stripes(width=6))
    with pytest.raises(ValueError, match='begun for 30 images, which are not the 29 of now'):
        make_store(Job(str(folder), Stripes()), names_of(folder)[1:], str(out))
    with pytest.raises(ValueError, match='twice'):
        StoreWriter(str(tmp_path / 'twice'), {}, ['a', 'b', 'a'])
    with pytest.raises(ValueError, match="unreadable='maybe'"):
        save(folder, tmp_path / 'x', unreadable='maybe')
    writer = StoreWriter(str(tmp_path / 'locked'), {}, ['a'])
    code = f'from mmdecon.regions.journal import StoreWriter; StoreWriter({str(tmp_path / "locked")!r}, {{}}, ["a"])'
    other = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert 'another process is writing' in other.stderr
    writer.close()


@pytest.mark.parametrize('workers', [0, 2])
def test_unreadable_images(folder: Path, tmp_path: Path, workers: int) -> None:
    (folder / '0.png').write_bytes(b'no image')
    with pytest.raises(UnreadableImage, match='0.png cannot be read'):
        save(folder, tmp_path / 'a', workers)
    save(folder, tmp_path / 'b', workers, unreadable='skip')
    store = RegionStore(str(tmp_path / 'b'))
    assert len(store) == 30 and store.counts['absent'] == 1
    with pytest.raises(ValueError, match='no regions of 0.png: the image could not be read: .*0.png'):
        store.read('0.png')


class Fault(Stripes):
    """Makes something else of one image."""

    def __init__(self, made: object) -> None:
        super().__init__()
        self.made = made

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        if name != 'ä/4.png':
            return super().__call__(image, name)
        if isinstance(self.made, Exception):
            raise self.made
        return np.full((12, 36, 1), 0) + np.array(self.made)


@pytest.mark.parametrize(
    'made, message',
    [
        (ZeroDivisionError('odd'), 'the regions of ä/4.png cannot be made: ZeroDivisionError: odd'),
        (-1, 'ä/4.png has no region at all'),
        (-2, 'the regions of ä/4.png hold the id -2'),
        (2**31, f'the regions of ä/4.png hold the id {2**31}'),
        (0.5, 'the regions of ä/4.png are float64'),
        ([3, 3], 'the regions of ä/4.png have an id in more than one plane'),
        (np.zeros(0, int), 'the regions of ä/4.png have no plane'),
    ],
)
def test_faults_of_a_generator_name_the_image(folder: Path, tmp_path: Path, made: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        save(folder, tmp_path / 'a', 0, Fault(made))
    if isinstance(made, int) and made == -1:
        save(folder, tmp_path / 'b', 0, Fault(made), empty='keep')
        assert RegionStore(str(tmp_path / 'b')).counts['empty'] == 1
