import multiprocessing
import subprocess
import sys

import numba
import numpy as np
import pytest
from torch.utils.data import DataLoader

import mmdecon.regions
from mmdecon.images.reading import read_image
from mmdecon.registry import REGIONS
from tests.support.region_images import NUCLEI, segment
from tests.support.wide import sampled


class Segmented:
    """A data set of region maps."""

    def __init__(self) -> None:
        self.generator = REGIONS.build(dict(type='mmdecon.Felzenszwalb', scale=[100, 1000]))

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> np.ndarray:
        return self.generator(read_image(NUCLEI[index]), NUCLEI[index])


@pytest.mark.parametrize('method', sampled(['fork', 'spawn'], 2))
def test_workers_segment_as_the_parent_does(method):
    data = Segmented()
    wanted = [data[index] for index in range(4)]
    context = multiprocessing.get_context(method)
    workers = 2 if method == 'fork' else 1
    loader = DataLoader(data, batch_size=None, num_workers=workers, multiprocessing_context=context)
    for found, own in zip(loader, wanted, strict=True):
        np.testing.assert_array_equal(found, own)


def test_options_name_the_method_and_all_that_decides():
    built = REGIONS.build(dict(type='mmdecon.Felzenszwalb', scale=(10, 20.5)))
    assert built.options == {'method': 'felzenszwalb', 'scale': [10, 20.5], 'min_size': 1000, 'sigma': 0.8}


@pytest.mark.parametrize(
    'options',
    [
        *(dict(scale=scale) for scale in (0, -1, [], [10, 0], 'all', float('nan'), True)),
        *(dict(min_size=size) for size in (0, 1.5, True)),
        *(dict(sigma=sigma) for sigma in (-0.1, None, float('inf'))),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(options):
    [key] = options
    with pytest.raises(ValueError, match=f'Felzenszwalb: {key} is .*: give a '):
        REGIONS.build(dict(type='mmdecon.Felzenszwalb', **options))


def test_an_image_too_large_for_the_edges_is_refused_before_any_work():
    endless = np.broadcast_to(np.zeros(3, np.uint8), (2**15, 2**15, 3))
    with pytest.raises(ValueError, match=r'a\.png has 32768 x 32768 pixels.*fewer than 2\*\*30'):
        segment(endless)


def test_without_numba_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'numba', None)
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon needs numba.*pip install "mmdecon\[regions\]"'):
        REGIONS.build(dict(type='mmdecon.Felzenszwalb'))


def test_nothing_optional_is_imported_before_it_is_used():
    code = (
        'import sys\nsys.modules.update(numba=None, skimage=None, scipy=None)\n'
        "import mmdecon.regions\nmmdecon.regions.Grid()\nprint('built')"
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == 'built', done.stderr


def test_without_a_folder_for_compiled_code_the_variable_is_named(monkeypatch):
    # The file system is left alone: tests may run as root, who can write everywhere.
    monkeypatch.setattr(numba.config, 'CACHE_LOCATOR_CLASSES', 'UserProvidedCacheLocator')
    monkeypatch.setattr(numba.config, 'CACHE_DIR', '')
    monkeypatch.delitem(sys.modules, 'mmdecon.regions._felzenszwalb_edges', raising=False)
    monkeypatch.delattr(mmdecon.regions, '_felzenszwalb_edges', raising=False)
    with pytest.raises(
        RuntimeError, match=r'numba finds no writable folder .* variable NUMBA_CACHE_DIR to a writable folder$'
    ):
        segment(np.zeros((2, 2, 3), np.uint8))
