"""Windows of a large file are measured beside all of it."""

from pathlib import Path

import numpy as np
import tifffile

from benchmarks.raster import compare_windows
from benchmarks.raster_process import TILE, write_tiff


def test_windows_need_less_memory(tmp_path: Path) -> None:
    path = str(tmp_path / 'a.tif')
    write_tiff(path, 3000)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].shape == (3000, 3000) and file.pages[0].tile == (TILE, TILE)
        assert file.filehandle.size < 2 * 3000**2
        np.testing.assert_array_equal(file.asarray()[:TILE, :TILE], file.asarray()[TILE : 2 * TILE, :TILE])
    windows, whole = compare_windows(path, scales=[(0.0001, 0.001)], turns=1)
    assert windows.late and not whole.late
    assert windows.seconds > 0 and 0 <= windows.memory < whole.memory
