"""Pages, slices and tiles are samples; volumes are in order; files that differ are refused before training."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
import tifffile
from pydicom.data import get_testdata_file

from mmdecon.datasets import ImageFolder, RasterFolder, UnreadableImage
from mmdecon.datasets.sampler import Draw
from tests.support.rasters import noise

LATE = [dict(type='mmdecon.LoadRaster', late=True)]


def pipeline(**options: object) -> list[dict]:
    return [dict(type='mmdecon.LoadRaster', **options)]


def stack(path: Path, pixels: np.ndarray, **how: object) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, pixels, photometric='minisblack', **{**dict(metadata=None), **how})
    return pixels


def test_pages_and_tiles_are_samples(tmp_path: Path) -> None:
    a, b = stack(tmp_path / 'a.tif', noise((2, 50, 60), 'uint16')), noise((30, 45), 'uint16', 1)
    np.save(tmp_path / 'b.npy', b)
    dataset = RasterFolder(str(tmp_path), pipeline(pages='images'), tile=40, tile_overlap=10)
    names = [dataset.get_data_info(n)['name'] for n in range(len(dataset))]
    boxes = [(0, 0), (20, 0), (0, 10), (20, 10)]
    assert names == [f'a.tif#{page}@{x},{y}' for x, y in boxes for page in (0, 1)] + ['b.npy@0,0', 'b.npy@5,0']
    for sample in (dataset[n] for n in range(len(dataset))):
        left, top, right, bottom = sample['window']
        whole = a[sample['page']] if 'page' in sample else b
        np.testing.assert_array_equal(sample['img'][..., 0], whole[top:bottom, left:right])
    assert len(RasterFolder(str(tmp_path), pipeline(pages='images'))) == 3
    assert len(RasterFolder(str(tmp_path), pipeline(pages='images'), indices=2)) == 2


def test_neighbours_are_slices_of_the_same_volume_and_tile(tmp_path: Path) -> None:
    volume = stack(tmp_path / 'a.ome.tif', noise((2, 4, 20, 30), 'uint8'), ome=True, metadata=dict(axes='TZYX'))
    stack(tmp_path / 'b.tif', noise((20, 30), 'uint8'))
    dataset = RasterFolder(str(tmp_path), pipeline(), tile=20, reach=2)
    assert len(dataset) == 2 * 4 * 2 + 2
    for n in range(16):
        sample = dataset.get_data_info(n)
        start = sample['page'] // 4 * 4
        expected = {p for p in range(start, start + 4) if 0 < abs(p - sample['page']) <= 2}
        assert {other['page'] for other in sample['neighbours']} == expected
        assert {other['window'] for other in sample['neighbours']} == {sample['window']}
    assert dataset.get_data_info(16)['neighbours'] == []
    drawn = set()
    for seed in range(30):
        sample = dataset[Draw(1, seed)]
        pages = volume.reshape(8, 20, 30)[:, :, :20]
        (page,) = [p for p in range(8) if np.array_equal(sample['img2'][..., 0], pages[p])]
        drawn.add(page)
        np.testing.assert_array_equal(dataset[Draw(1, seed)]['img2'], sample['img2'])
    assert drawn == {0, 2, 3}
    assert 'img2' not in dataset[16]
    late = RasterFolder(str(tmp_path), LATE, reach=1)[0]
    assert late['encoded2'].shape == (20, 30) and 'img2' not in late
    with pytest.raises(ValueError, match=r'dataset\.reach=1, but no file is a slice of a volume'):
        RasterFolder(str(tmp_path), pipeline(pages='first'), reach=1)


def slices(folder: Path, places: dict[str, tuple[float, int]], uid: str, **tags: object) -> None:
    """Writes DICOM files, by name with position and number; their first pixel is the number."""
    folder.mkdir(parents=True, exist_ok=True)
    file = pydicom.dcmread(get_testdata_file('MR_small.dcm', download=False))
    pixels = file.pixel_array
    for name, (position, number) in places.items():
        pixels[0, 0] = number
        file.PixelData = pixels.tobytes()
        file.SeriesInstanceUID, file.InstanceNumber = uid, number
        file.ImageOrientationPatient, file.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, position]
        for tag, value in tags.items():
            setattr(file, tag, value)
        file.save_as(folder / name)


def numbers(dataset: RasterFolder) -> list[tuple[int, int]]:
    """Volume and number of each slice."""
    samples = [dataset[n] for n in range(len(dataset))]
    return [(sample['volume'], int(sample['img'][0, 0, 0])) for sample in samples]


def test_dicom_series_are_volumes_by_position(tmp_path: Path) -> None:
    slices(tmp_path / 'one', {'a': (5, 1), 'c': (-2.5, 2), 'b': (1, 3)}, '1.2')
    slices(tmp_path / 'one', {'d': (9, 4), 'e': (8, 5)}, '1.3')
    slices(tmp_path / 'two', {'a': (0, 7), 'b': (0, 6)}, '1.2')  # of one position, such as times
    dataset = RasterFolder(str(tmp_path), pipeline(), extensions='', reach=1)
    assert numbers(dataset) == [(0, 2), (0, 3), (0, 1), (1, 5), (1, 4), (2, 6), (2, 7)]
    near = [[Path(other['img_path']).name for other in dataset.get_data_info(n)['neighbours']] for n in range(5)]
    assert near == [['b'], ['c', 'a'], ['b'], ['d'], ['e']]


def test_files_that_differ_are_refused_before_training(tmp_path: Path) -> None:
    for kind in (ImageFolder, RasterFolder):
        stack(tmp_path / 'a.tif', noise((20, 30), 'uint8'))
        stack(tmp_path / 'b.tif', noise((20, 30), 'uint16'))
        with pytest.raises(ValueError, match=r'b\.tif has 1 channels of uint16, .*a\.tif has 1 of uint8'):
            kind(str(tmp_path), LATE)
        stack(tmp_path / 'b.tif', noise((20, 30, 2), 'uint8'), planarconfig='contig')
        with pytest.raises(ValueError, match=r'b\.tif has 2 channels of uint8'):
            kind(str(tmp_path), LATE)
        assert len(kind(str(tmp_path), pipeline(bands=[0]))) == 2
    stack(tmp_path / 'b.tif', noise((3, 20, 30), 'uint8'))
    with pytest.raises(ValueError, match=r'b\.tif holds 3 images: list them with mmdecon\.RasterFolder'):
        ImageFolder(str(tmp_path), pipeline(pages='images'))
    with pytest.raises(ValueError, match=r'b\.tif has 3 pages.*LoadRaster\.pages'):
        RasterFolder(str(tmp_path), LATE)


def test_damaged_files_are_named_or_skipped(tmp_path: Path, warnings_of) -> None:
    whole = stack(tmp_path / 'a.tif', noise((20, 30), 'uint8'))
    stack(tmp_path / 'b.tif', noise((20, 30), 'uint8'), compression='zlib')
    (tmp_path / 'c.tif').write_bytes((tmp_path / 'a.tif').read_bytes()[:400])
    (tmp_path / 'd.dcm').write_bytes(b'no image')
    with tifffile.TiffFile(tmp_path / 'b.tif') as file:
        at = file.pages[0].dataoffsets[0]
    content = bytearray((tmp_path / 'b.tif').read_bytes())
    content[at + 10 : at + 40] = bytes(30)
    (tmp_path / 'b.tif').write_bytes(content)
    with pytest.raises(
        UnreadableImage, match=r"2 of 4 images cannot be read: .*c\.tif.*d\.dcm.*dataset\.unreadable='skip'"
    ):
        RasterFolder(str(tmp_path), LATE)
    with pytest.raises(UnreadableImage, match=r'3 of 4 images cannot be read: .*b\.tif'):
        RasterFolder(str(tmp_path), LATE, check='pixels')
    dataset = RasterFolder(str(tmp_path), pipeline(), unreadable='skip')
    assert len(dataset) == 2
    np.testing.assert_array_equal(dataset[1]['img'][..., 0], whole)  # in place of b.tif
    assert any('b.tif' in text and 'the next image takes its place' in text for text in warnings_of())


def test_values_are_checked_before_training_by_choice(tmp_path: Path) -> None:
    stack(tmp_path / 'a.tif', np.full((20, 30), 300, np.uint16))
    limits = pipeline(value_range=(0, 255), late=True)
    assert len(RasterFolder(str(tmp_path), limits)) == 1
    with pytest.raises(ValueError, match=r'a\.tif has values 300 to 300 outside of LoadRaster\.value_range'):
        RasterFolder(str(tmp_path), limits, check='pixels')


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(tile=0), r'dataset\.tile=0: give the side'),
        (dict(tile=8, tile_overlap=8), r'dataset\.tile_overlap=8: .*less than tile=8'),
        (dict(tile_overlap=8), r'dataset\.tile_overlap=8'),
        (dict(reach=-1), r'dataset\.reach=-1'),
        (dict(check=False), r'dataset\.check=False: headers tell'),
        (dict(pipeline=[]), r'dataset\.pipeline has no LoadRaster'),
        (
            dict(reach=1, pipeline=[*LATE, dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Grid'))]),
            r'dataset\.reach=1 with LoadRegions',
        ),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: dict, message: str) -> None:
    stack(tmp_path / 'a.tif', noise((20, 30), 'uint8'))
    with pytest.raises(ValueError, match=message):
        RasterFolder(str(tmp_path), **dict(dict(pipeline=LATE), **options))


@pytest.mark.parametrize('late', [False, True])
def test_the_second_view_is_of_the_neighbour(tmp_path: Path, late: bool) -> None:
    values = np.array([40, 80, 120], np.uint8)[:, None, None, None]
    volume = np.broadcast_to(values, (3, 20, 30, 3))
    tifffile.imwrite(tmp_path / 'a.ome.tif', volume, photometric='rgb', ome=True, metadata=dict(axes='ZYXS'))
    views = dict(type='mmdecon.TwoViews', size=8, scale=(0.2, 0.5))
    dataset = RasterFolder(str(tmp_path), [*pipeline(late=late), views], reach=1)
    seen = set()
    for seed in range(10):
        first, second = dataset[Draw(1, seed)]['views']
        assert np.all(first['img'] == 80)
        seen.add(tuple(np.unique(second['img'])))
        np.testing.assert_array_equal(second['source'], [30, 20])
    assert seen == {(40,), (120,)}
    first, second = RasterFolder(str(tmp_path), [*pipeline(late=late), views])[1]['views']
    assert np.all(first['img'] == 80) and np.all(second['img'] == 80)


def test_a_second_reader_is_refused(tmp_path: Path) -> None:
    stack(tmp_path / 'a.tif', noise((50, 60), 'uint16'))
    with pytest.raises(ValueError, match=r'reads each image 2 times \(LoadRaster, LoadImage\): leave one'):
        RasterFolder(str(tmp_path), [*pipeline(), dict(type='mmdecon.LoadImage')])


def test_a_transform_that_needs_the_range_of_floats_is_refused_before_training(tmp_path: Path) -> None:
    for name in 'ab':
        np.save(tmp_path / f'{name}.npy', noise((20, 30), 'float32'))
    changed = dict(type='mmdecon.PixelPhotometrics', brightness=0.1)
    wrapped = dict(type='mmcv.RandomApply', transforms=[changed])
    for step in (changed, wrapped):
        views = dict(type='mmdecon.TwoViews', size=8, photometric=[[], [step]])
        for kind in (ImageFolder, RasterFolder):
            with pytest.raises(
                ValueError, match=r'a\.npy has floats, and PixelPhotometrics .* LoadRaster\.value_range'
            ):
                kind(str(tmp_path), [*LATE, views], extensions='.npy')
        ranged = pipeline(value_range=(-5000, 5000), late=True)
        assert len(RasterFolder(str(tmp_path), [*ranged, views])[0]['views']) == 2
    own = dict(changed, value_range=(-5000, 5000))
    views = dict(type='mmdecon.TwoViews', size=8, photometric=[[own], [own]])
    assert len(RasterFolder(str(tmp_path), [*LATE, views])[0]['views']) == 2
    assert len(RasterFolder(str(tmp_path), [*LATE, dict(type='mmdecon.TwoViews', size=8)])) == 2


def with_nodata(path: Path, pixels: np.ndarray, nodata: object, **how: object) -> None:
    stack(path, pixels, extratags=[] if nodata is None else [(42113, 's', 0, str(nodata), True)], **how)


@pytest.mark.parametrize('late', [False, True])
def test_the_second_view_has_the_nodata_of_its_own_file(tmp_path: Path, late: bool) -> None:
    """Slices of a volume are pages or files; here, files that tell other values than their neighbours."""
    for number, nodata in ((0, 3), (1, 7), (2, None)):
        pixels = np.full((20, 30), 3 if number else 7, np.uint16)
        pixels[:, :15] = 7 if number else 3
        with_nodata(tmp_path / f'{number}.tif', pixels, nodata)
    dataset = RasterFolder(str(tmp_path), [*pipeline(late=late), views_of_all(), dict(type='mmdecon.PackViews')])
    paths = [dataset.get_data_info(number)['img_path'] for number in range(3)]
    expected = [np.arange(8) >= 4, np.arange(8) >= 4, np.full(8, True)]
    for first, second in ((0, 1), (1, 0), (0, 2), (2, 0)):
        sample = dict(img_path=paths[first], neighbours=[dict(img_path=paths[second])])
        for number, view in zip((first, second), dataset.pipeline(sample)['views']):
            assert view['valid'].tolist() == np.tile(expected[number], (8, 1)).tolist()


def views_of_all(**options: object) -> dict:
    whole = dict(size=8, scale=(1.0, 1.0), ratio=(1.5, 1.5), flip_prob=0, interpolation='nearest', min_overlap=None)
    return dict(type='mmdecon.TwoViews', **whole, **options)


@pytest.mark.parametrize('how', [dict(rowsperstrip=3, compression='zlib'), dict(tile=(16, 16)), dict()])
def test_empty_tiles_are_found_before_training(tmp_path: Path, warnings_of, how: dict) -> None:
    pixels = noise((2, 40, 50), 'uint16')
    pixels[pixels == 9] = 8
    pixels[0, :20, 30:] = pixels[1, 20:, :20] = 9
    pixels[1, 20, 19], pixels[1, 25, 25] = 5, 9  # one pixel is measured, and one of another tile is not
    with_nodata(tmp_path / 'a.tif', pixels, 9, **how)
    options = dict(tile=20, check='pixels')
    steps = [*pipeline(pages='images', late=True), views_of_all()]
    message = (
        r'^1 of 12 images have no pixel with a value .*a\.tif \(page 0, window \(30, 0, 50, 20\)\)\. Set dataset\.'
    )
    with pytest.raises(UnreadableImage, match=rf"{message}unreadable='skip' .*TwoViews\.empty='keep'"):
        RasterFolder(str(tmp_path), steps, **options)
    dataset = RasterFolder(str(tmp_path), steps, unreadable='skip', **options)
    names = [dataset.get_data_info(number)['name'] for number in range(len(dataset))]
    assert len(names) == 11 and 'a.tif#0@30,0' not in names and 'a.tif#1@0,20' in names
    assert len(warnings_of()) == 1 and '1 of 12 images' in warnings_of()[0] and 'are left out' in warnings_of()[0]
    for step in (views_of_all(empty='keep'), views_of_all(min_valid=0)):
        assert len(RasterFolder(str(tmp_path), [*steps[:1], step], **options)) == 12
    assert len(RasterFolder(str(tmp_path), steps, tile=20)) == 12  # by headers alone
    assert len(RasterFolder(str(tmp_path), steps[:1], **options)) == 12  # nothing refuses them


def test_empty_images_are_found_before_training(tmp_path: Path) -> None:
    for number in range(3):
        np.save(tmp_path / f'{number}.npy', np.full((20, 30), np.nan if number == 1 else 1.0, np.float32))
    options = dict(check='pixels', extensions='.npy', pipeline=[*LATE, views_of_all()])
    for kind in (ImageFolder, RasterFolder):
        with pytest.raises(UnreadableImage, match=r'^1 of 3 images have no pixel with a value .*1\.npy\. Set'):
            kind(str(tmp_path), **options)
        dataset = kind(str(tmp_path), unreadable='skip', **options)
        assert [dataset.get_data_info(number)['name'] for number in range(2)] == ['0.npy', '2.npy']
