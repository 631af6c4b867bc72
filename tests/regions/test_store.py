"""Stores give back the very numbers, are the same file however they were made, and refuse what does not fit."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdecon.images.reading import UnreadableImage, read_image
from mmdecon.regions import Job, RegionStore, make_store
from mmdecon.regions.coding import DamagedRecord, check_made, decode, encode
from mmdecon.regions.journal import StoreWriter
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty images of different sizes, in and below a folder; names that are no ASCII, too."""
    random = np.random.default_rng(0)
    for number in range(30):
        place = tmp_path / 'images' / ('ä' if number % 3 else '') / f'{number}.png'
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8 + number, 40 - number, 3), dtype=np.uint8)).save(place)
    return tmp_path / 'images'


def names_of(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob('*.png')]


def save(folder: Path, out: Path, workers: int = 0, generator: Stripes | None = None, **how: str) -> bytes:
    make_store(Job(str(folder), generator or Stripes(), **how), names_of(folder), str(out), workers)
    return out.read_bytes()


@pytest.mark.parametrize('top', [3, 254, 255, 65534, 65535, 2**31 - 1])
@pytest.mark.parametrize('planes', [1, 3])
def test_a_record_is_the_map(top: int, planes: int) -> None:
    random = np.random.default_rng(top)
    regions = random.choice([-1, 0, 1, top - 1, top], (17, 300, planes)).astype(np.int32)
    regions[:, :50] = top  # long runs
    record = encode(regions)
    found = decode(record)
    assert found.dtype == np.int32 and found.flags.c_contiguous
    np.testing.assert_array_equal(found, regions)
    for place in range(len(record)):  # whichever byte is damaged
        with pytest.raises(DamagedRecord):
            decode(record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :])
    with pytest.raises(DamagedRecord):
        decode(record[:-1])


def test_a_store_gives_back_what_was_made(folder: Path, tmp_path: Path) -> None:
    save(folder, tmp_path / 'a.regions')
    store, names = RegionStore(str(tmp_path / 'a.regions'), Stripes().options), names_of(folder)
    assert len(store) == 30 and sorted(store) == sorted(names) and store.planes == 3
    assert 'ä/1.png' in store and 'ä/0.png' not in store and '' not in store and '~' not in store
    total = 0
    for copy in (store, pickle.loads(pickle.dumps(store))):
        for name in names:
            image = read_image(str(folder / name))
            truth = Stripes()(image, name)
            np.testing.assert_array_equal(copy.read(name, image.shape[:2]), truth)
            count = len(np.unique(truth[truth >= 0]))
            assert copy.summary(name) == (*truth.shape, count)
            total += count
    assert store.counts == dict(regions=total // 2, empty=0, absent=0)


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


def test_a_damaged_middle_is_made_anew(folder: Path, tmp_path: Path) -> None:
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


def test_refusals_of_reading(folder: Path, tmp_path: Path) -> None:
    whole, path = save(folder, tmp_path / 'a.regions'), tmp_path / 'b.regions'
    store = RegionStore(str(tmp_path / 'a.regions'))
    with pytest.raises(ValueError, match=r'0.png has 9 x 40 pixels, but its regions in .*a.regions have 8 x 40'):
        store.read('0.png', (9, 40))
    with pytest.raises(ValueError, match='no regions of nothing.png'):
        store.read('nothing.png')
    with pytest.raises(ValueError, match=r'a.regions was made with the options .*"width": 5.*, but .*"width": 7'):
        RegionStore(str(tmp_path / 'a.regions'), Stripes(width=7).options)
    with pytest.raises(FileNotFoundError, match='no store of regions at'):
        RegionStore(str(path))
    for cut in (1, 100, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        with pytest.raises(ValueError, match='no whole store'):
            RegionStore(str(path))
    for content in (b'', b'PNG and so on, but no store of regions'):
        path.write_bytes(content)
        with pytest.raises(ValueError, match='is no store of regions'):
            RegionStore(str(path))
    damaged = bytearray(whole)
    damaged[700] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r'b.regions is damaged, the record of .*png does not have the checksum'):
        for name in RegionStore(str(path)):
            RegionStore(str(path)).read(name)


@pytest.mark.parametrize('workers', [0, 2])
def test_unreadable_images(folder: Path, tmp_path: Path, workers: int) -> None:
    (folder / '0.png').write_bytes(b'no image')
    with pytest.raises(UnreadableImage, match='0.png cannot be read'):
        save(folder, tmp_path / 'a', workers)
    save(folder, tmp_path / 'b', workers, unreadable='skip')
    store = RegionStore(str(tmp_path / 'b'))
    assert len(store) == 30 and store.counts['absent'] == 1
    with pytest.raises(ValueError, match='no regions of 0.png, which could not be read then: .*0.png'):
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


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match='shape .3, 4, 1., its image is 3 x 5'):
        check_made(np.zeros((3, 4, 1), int), np.zeros((3, 5, 3), np.uint8), 'a.png')
