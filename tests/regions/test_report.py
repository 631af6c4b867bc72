"""The report's numbers against loops over objects and regions."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdecon.regions import Grid, Job, LabelFolder, RegionStore, make_store, stack_planes
from mmdecon.regions.annotations import Annotation
from mmdecon.regions.compare import choose_examples, compare, draw_examples
from mmdecon.regions.report import Quality, best_overlaps, table


def some(seed: int, planes: int, labels: int = 6) -> np.ndarray:
    random = np.random.default_rng(seed)
    return stack_planes([random.integers(-1, labels, (9, 7)).repeat(2, axis=0) for _ in range(planes)])


def ious(regions: np.ndarray, objects: np.ndarray) -> dict:
    """For each object the best IoU and its pixels, by its definition."""
    found = {}
    for number in set(objects.ravel().tolist()) - {-1}:
        thing = (objects == number).any(axis=2)
        best = 0.0
        for piece in set(regions.ravel().tolist()) - {-1}:
            region = (regions == piece).any(axis=2)
            best = max(best, (thing & region).sum() / (thing | region).sum())
        found[number] = (best, int(thing.sum()))
    return found


@pytest.mark.parametrize('planes', [1, 3])
def test_best_overlaps(planes: int) -> None:
    for seed in range(5):
        regions, objects = some(seed, planes), some(seed + 50, 2, 4) * 3
        objects[objects < 0] = -1
        truth = ious(regions, objects)
        ids, pixels, best = best_overlaps(regions, objects)
        assert ids.tolist() == sorted(truth) and len(ids) > 2
        np.testing.assert_allclose(best, [truth[number][0] for number in ids], rtol=1e-12)
        assert pixels.tolist() == [truth[number][1] for number in ids]


def test_no_annotation_and_no_regions() -> None:
    none, one = np.full((3, 4, 1), -1), np.zeros((3, 4, 1), int)
    assert best_overlaps(one, none)[2].shape == (0,)
    assert best_overlaps(none, one)[2].tolist() == [0.0]
    quality = Quality()
    assert np.isnan(quality.add(one, Annotation(none, {})))
    assert 'abo' not in quality.numbers()


@pytest.mark.parametrize('annotators', [False, True])
def test_summary(annotators: bool) -> None:
    quality, rows, classes, shares = Quality(), [], {}, []
    for seed in range(4):
        regions, objects = some(seed, 2), some(seed + 9, 1 + seed % 3, 4)
        names = {} if annotators else {number: 'abc'[number % 3] for number in range(0, 20, 2)}
        found = ious(regions, objects)
        mean = quality.add(regions, Annotation(objects, names), annotators)
        assert mean == pytest.approx(np.mean([best for best, _ in found.values()]))
        rows += [(best, pixels, 1 / objects.shape[2] if annotators else 1) for best, pixels in found.values()]
        for number, (best, _) in found.items():
            if number in names:
                classes.setdefault(names[number], []).append(best)
        shares += [(regions == number).any(axis=2).mean() for number in set(regions.ravel().tolist()) - {-1}]
    numbers, weights = quality.numbers(), sum(weight for *_, weight in rows)
    assert numbers['objects'] == len(rows) and numbers['images'] == 4 and numbers['planes'] == 2
    assert numbers['abo'] == pytest.approx(sum(best * weight for best, _, weight in rows) / weights)
    assert numbers['recall'] == pytest.approx(sum(weight for best, _, weight in rows if best >= 0.5) / weights)
    area = sum(pixels * weight for _, pixels, weight in rows)
    assert numbers['covering'] == pytest.approx(sum(best * pixels * weight for best, pixels, weight in rows) / area)
    expected = None if annotators else pytest.approx(np.mean([np.mean(values) for values in classes.values()]))
    assert numbers['class_abo'] == expected
    assert numbers['regions'] == len(shares) / 4 and numbers['median_share'] == pytest.approx(np.median(shares))
    assert ('mean over classes' in table(dict(a=quality))) != annotators


@pytest.fixture
def annotated(tmp_path: Path) -> tuple[str, LabelFolder]:
    """Five images, four of which have a human annotation; that of the first is exactly the grid."""
    for folder in ('images', 'labels'):
        (tmp_path / folder).mkdir()
    random = np.random.default_rng(0)
    for number in range(5):
        image = random.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(image).save(tmp_path / f'images/{number}.png')
        labels = Grid(2)(image, 'x')[..., 0] if number == 0 else random.integers(0, 3, (20, 30))
        if number < 4:
            Image.fromarray(labels.astype(np.uint8)).save(tmp_path / f'labels/{number}.png')
    return str(tmp_path / 'images'), LabelFolder(str(tmp_path / 'labels'))


def test_comparison_of_a_store_and_generators(annotated: tuple[str, LabelFolder], tmp_path: Path) -> None:
    folder, human = annotated
    names = [f'{number}.png' for number in range(5)]
    make_store(Job(folder, Grid(2)), names, str(tmp_path / 'grid'))
    sources = dict(stored=RegionStore(str(tmp_path / 'grid')), made=Grid(2), coarse=Grid(1))
    found = compare(sources, human, names, folder)
    assert found.names == names[:4] and found.means['stored'][0] == 1.0
    numbers = found.to_json()
    assert numbers['stored'] == numbers['made'] != numbers['coarse']
    assert 0 < numbers['coarse']['abo'] < numbers['made']['abo'] < 1
    examples = choose_examples(found, 2)
    assert examples[-1][0] == '0.png' and examples[0][1]['stored'] == min(found.means['stored'])
    assert draw_examples(found, sources, human, folder, 2).dtype == np.uint8
    with pytest.raises(ValueError, match='none of the 1 images has a human annotation, such as 4.png'):
        compare(sources, human, names[4:], folder)
