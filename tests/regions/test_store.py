"""Stores give back the same numbers, and refuse what does not fit."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from mmdecon.images.reading import read_image
from mmdecon.regions import RegionStore
from mmdecon.regions.coding import DamagedRecord, check_made, decode, encode
from tests.support.stores import names_of, save
from tests.support.stripes import Stripes


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
        with pytest.raises(ValueError, match='not a complete region store'):
            RegionStore(str(path))
    for content in (b'', b'PNG and so on, but no store of regions'):
        path.write_bytes(content)
        with pytest.raises(ValueError, match='is not a region store'):
            RegionStore(str(path))
    for old, new in ((b'"width": 5', b'"width": 6'), (b'"options"', b'"option_"'), (b'{"format', b'["format')):
        path.write_bytes(whole.replace(old, new, 1))
        with pytest.raises(ValueError, match='b.regions is damaged, its preamble'):
            RegionStore(str(path))
    damaged = bytearray(whole)
    damaged[700] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r'b.regions is damaged, the record of .*png does not have the checksum'):
        for name in RegionStore(str(path)):
            RegionStore(str(path)).read(name)


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match='shape .3, 4, 1., its image is 3 x 5'):
        check_made(np.zeros((3, 4, 1), int), np.zeros((3, 5, 3), np.uint8), 'a.png')
