"""The numbers are those of NumPy on all pixels at once."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from mmdecon.datasets import ImageFolder
from mmdecon.models.data_preprocessor import ViewPreprocessor
from mmdecon.statistics import Folder, Measured, Summary, measure, normalise, snippet
from mmdecon.statistics.keys import from_key, to_keys
from mmdecon.statistics.measure import PERCENTS
from mmdecon.statistics.summary import count_lower

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
PHOTOS = [RNG.integers(low, 200, (20 + low, 30, 3), dtype=np.uint8) for low in (0, 50, 100, 20, 5)]


def values(dtype: str, count: int = 5000) -> np.ndarray:
    """Two channels of pixels that fill a dtype, very unevenly."""
    if dtype.startswith('float'):
        wide = RNG.normal(size=(count, 2)) * 10 ** RNG.uniform(-3, 3, (count, 2)) + 1000
        return np.where(RNG.random((count, 2)) < 0.1, 0, wide).astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(RNG.normal(info.max / 3, info.max / 4, (count, 2)), info.min, info.max).astype(dtype)


def found(parts: list[np.ndarray]) -> tuple[Summary, np.ndarray]:
    """As the measuring of images, one a part."""
    summary = Summary.of(parts[0], 1)
    for part in parts[1:]:
        summary = summary.merged(Summary.of(part))
    lower: dict[tuple[int, int], np.ndarray] = {}
    for part in parts:
        for key, table in count_lower(part, summary.wanted(PERCENTS)).items():
            lower[key] = lower.get(key, 0) + table
    return summary, summary.percentiles(PERCENTS, lower)


@pytest.mark.parametrize(
    'dtype', ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float16', 'float32', 'float64']
)
def test_all_numbers_are_numpys_on_the_whole(dtype: str) -> None:
    whole = values(dtype)
    summary, percentiles = found(np.split(whole, [1, 1, 1700, 4000]))
    exact = whole.astype(np.float64)
    assert summary.count == 5000 and summary.left_out == 1
    assert np.allclose(summary.mean, exact.mean(axis=0), rtol=1e-12)
    assert np.allclose(summary.std, exact.std(axis=0), rtol=1e-12)
    assert np.array_equal(summary.low, exact.min(axis=0)) and np.array_equal(summary.high, exact.max(axis=0))
    rounded = whole.astype(np.float32).astype(np.float64) if dtype == 'float64' else exact
    assert np.allclose(percentiles, np.percentile(rounded, PERCENTS, axis=0), rtol=1e-12, atol=1e-12)


def test_means_far_from_zero_lose_no_digits() -> None:
    whole = (1e6 + RNG.normal(size=(30000, 1))).astype(np.float64)
    summary, _ = found(np.split(whole, 30))
    assert np.allclose(summary.std, whole.std(axis=0), rtol=1e-9)


def test_keys_sort_as_values_do() -> None:
    whole = np.concatenate([values('float32').ravel(), np.float32([-0.0, 0.0, -1e38, 1e38, 1e-45])])
    keys = to_keys(whole, whole.dtype)
    assert (np.diff(keys[np.argsort(whole)].astype(np.int64)) >= 0).all() and keys[-5] == keys[-4]
    assert all(from_key(int(key), whole.dtype) == value for key, value in zip(keys, whole))


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp('photos')
    for number, photo in enumerate(PHOTOS):
        cv2.imwrite(str(made / f'{number}.png'), photo)
    return made


def test_photos_are_measured_as_training_sees_them(folder: Path) -> None:
    told = []
    measured = measure(Folder(str(folder)), progress=lambda *numbers: told.append(numbers))
    whole = np.concatenate([photo.reshape(-1, 3) for photo in PHOTOS])[:, ::-1].astype(float)  # RGB
    assert np.allclose(measured.summary.mean, whole.mean(axis=0)) and np.allclose(
        measured.summary.std, whole.std(axis=0)
    )
    assert np.allclose(measured.percentiles, np.percentile(whole, PERCENTS, axis=0))
    assert told == [(n, 5) for n in range(1, 6)] and measured.value_range == (0.0, 255.0) and measured.images == 5


def test_processes_change_nothing_and_a_seed_chooses(folder: Path) -> None:
    alone, together = (measure(Folder(str(folder)), workers=workers) for workers in (0, 1))
    assert np.array_equal(alone.summary.mean, together.summary.mean) and np.array_equal(
        alone.percentiles, together.percentiles
    )
    some = [Folder(str(folder), count=3, seed=seed).numbers for seed in (0, 0, 1, 2, 3)]
    assert some[0] == some[1] and len({*map(tuple, some)}) > 1 and all(len(set(one)) == 3 for one in some)
    assert measure(Folder(str(folder), count=3)).images == 3
    with pytest.raises(ValueError, match='--count 0'):
        Folder(str(folder), count=0)


@pytest.mark.parametrize('how', ['constants', 'range', 'percentile'])
def test_each_normalisation_is_a_mean_and_a_std(folder: Path, how: str) -> None:
    measured = measure(Folder(str(folder)))
    mean, std = normalise(measured, how)
    scope: dict[str, Any] = {}
    exec(snippet(mean, std, True), scope)
    view = dict(image=None, box=torch.zeros(1, 4), flipped=torch.zeros(1, dtype=torch.bool))
    normalised = []
    for photo in PHOTOS:
        image = torch.from_numpy(photo).permute(2, 0, 1)[None]
        made = ViewPreprocessor(**scope['model']['data_preprocessor'])(dict(views=[dict(view, image=image)]))
        normalised.append(made['views'][0].image[0].flatten(1))
    x = torch.cat(normalised, dim=1).double().numpy()
    if how == 'constants':
        assert np.allclose(x.mean(axis=1), 0, atol=1e-5) and np.allclose(x.std(axis=1), 1, atol=1e-5)
    elif how == 'range':
        assert mean == [0.0] * 3 and std == [255.0] * 3
    else:
        assert np.allclose(np.percentile(x, (1, 99), axis=1), [[0] * 3, [1] * 3], atol=1e-5)


def as_measured(pixels: np.ndarray, value_range: tuple[float, float] | None = None) -> Measured:
    summary, percentiles = found([pixels])
    return Measured(summary, PERCENTS, percentiles, 1, value_range)


def test_what_cannot_be_normalised_is_refused() -> None:
    constant = values('uint16')
    constant[:, 1] = 7
    for how in ('constants', 'percentile'):
        with pytest.raises(ValueError, match=rf'--normalise {how}: channels \[1\] have one value alone'):
            normalise(as_measured(constant), how)
    with pytest.raises(ValueError, match='give --value-range'):
        normalise(as_measured(constant), 'range')
    assert normalise(as_measured(constant), 'range', (0, 4095)) == ([0.0, 0.0], [4095.0, 4095.0])
    assert normalise(as_measured(constant, (10.0, 20.0)), 'range') == ([10.0, 10.0], [10.0, 10.0])
    with pytest.raises(ValueError, match='--normalise unit'):
        normalise(as_measured(constant), 'unit')


def run(monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> None:
    monkeypatch.setattr(sys, 'argv', ['pixel_statistics.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/pixel_statistics.py'), run_name='__main__')


def test_the_tool_prints_a_table_and_a_config_and_writes_json(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, folder, '--out', tmp_path / 'a.json', '--normalise', 'percentile')
    text, written = capsys.readouterr().out, json.loads((tmp_path / 'a.json').read_text())
    assert '| channel | mean | std | min | max | p0.1 |' in text
    assert snippet(*(written['data_preprocessor'][key] for key in ('mean', 'std')), True) in text
    whole = np.concatenate([photo.reshape(-1, 3) for photo in PHOTOS])[:, ::-1]
    assert written['pixels'] == len(whole) and np.allclose(
        written['percentiles']['99'], np.percentile(whole, 99, axis=0)
    )
    for wrong, message in ((('--workers', '-1'), '--workers -1'), (('--count', '0'), '--count 0')):
        with pytest.raises(SystemExit, match=f'error: {message}'):
            run(monkeypatch, folder, *wrong)
    with pytest.raises(SystemExit, match='error: .*nowhere'):
        run(monkeypatch, tmp_path / 'nowhere')


def test_rasters_leave_out_what_has_no_value(tmp_path: Path) -> None:
    pytest.importorskip('mmdecon.datasets.raster_folder')
    whole = []
    for number in range(3):
        image = values('float32', 1200).reshape(30, 40, 2)
        image[:5, :, number % 2] = np.nan
        np.save(tmp_path / f'{number}.npy', image)
        whole.append(image[5:].reshape(-1, 2).astype(float))
    exact = np.concatenate(whole)
    measured = measure(Folder(str(tmp_path), dict(axes='YXC')))
    assert measured.summary.count == len(exact) and measured.summary.left_out == 3 * 5 * 40
    assert np.allclose(measured.summary.mean, exact.mean(axis=0)) and np.allclose(
        measured.summary.std, exact.std(axis=0)
    )
    assert np.allclose(measured.percentiles, np.percentile(exact, PERCENTS, axis=0))
    assert measured.value_range is None


def test_samples_are_read_as_the_dataset_does(folder: Path) -> None:
    data = ImageFolder(str(folder), [dict(type='mmdecon.LoadImage')])
    pixels, left_out, _ = Folder(str(folder)).read(0)
    assert left_out == 0 and np.array_equal(pixels, data[0]['img'][..., ::-1].reshape(-1, 3))
