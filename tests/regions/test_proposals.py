"""The best proposals become planes, from both formats."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmdecon.regions import Proposals
from tests.support.coco_files import PICTURE, encode


def masks(count: int = 20) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.random((count, 6, 8)) < random.random((count, 1, 1))


SCORES = np.random.default_rng(2).integers(0, 8, 20) / 8  # with ties
BEST = sorted(range(20), key=lambda number: (-SCORES[number], number))


def sam(folder: Path, key: str = 'predicted_iou') -> str:
    (folder / 'sub').mkdir(exist_ok=True)
    parts = [{'segmentation': encode(one), key: score} for one, score in zip(masks(), SCORES)]
    (folder / 'sub/a.json').write_text(json.dumps(dict(image={}, annotations=parts)))
    (folder / 'list.json').write_text(json.dumps(parts[:2]))
    (folder / 'empty.json').write_text('[]')
    return str(folder)


def results(folder: Path) -> dict:
    parts = [dict(image_id=7, segmentation=encode(one), score=score) for one, score in zip(masks(), SCORES)]
    (folder / 'results.json').write_text(json.dumps([dict(parts[0], image_id=8), *parts]))
    (folder / 'images.json').write_text(
        json.dumps(dict(images=[dict(id=7, file_name='a.jpg'), dict(id=9, file_name='b.jpg')]))
    )
    return dict(path=str(folder / 'results.json'), images=str(folder / 'images.json'))


@pytest.mark.parametrize('num', [1, 16, 40])
@pytest.mark.parametrize('form', ['sam', 'results'])
def test_the_best_in_their_order(tmp_path: Path, num: int, form: str) -> None:
    given = dict(path=sam(tmp_path)) if form == 'sam' else results(tmp_path)
    found = Proposals(num=num, **given)(PICTURE, 'sub/a.jpg' if form == 'sam' else 'a.jpg')
    assert found.shape == (6, 8, min(num, 20)) and found.dtype == np.int32
    for plane, number in enumerate(BEST[:num]):
        np.testing.assert_array_equal(found[..., plane], np.where(masks()[number], plane, -1))


def test_other_scores_and_images_without_proposals(tmp_path: Path) -> None:
    found = Proposals(sam(tmp_path, 'stability'), score='stability', num=1)(PICTURE, 'sub/a.jpg')
    np.testing.assert_array_equal(found[..., 0] == 0, masks()[BEST[0]])
    with pytest.raises(ValueError, match="proposal 0 of sub/a.jpg has no finite 'score' or 'predicted_iou'"):
        Proposals(str(tmp_path))(PICTURE, 'sub/a.jpg')
    assert Proposals(sam(tmp_path))(PICTURE, 'empty.jpg').tolist() == np.full((6, 8, 1), -1).tolist()
    assert Proposals(sam(tmp_path))(PICTURE, 'list.jpg').shape == (6, 8, 2)
    assert (Proposals(**results(tmp_path))(PICTURE, 'b.jpg') == -1).all()


def test_refusals(tmp_path: Path) -> None:
    human = Proposals(sam(tmp_path))
    with pytest.raises(ValueError, match=r'proposal \d+ of sub/a.jpg is of \[6, 8\] pixels .*, its image of \[5, 8\]'):
        human(PICTURE[:5], 'sub/a.jpg')
    with pytest.raises(ValueError, match='b.jpg has no mask, there is no file .*b.json'):
        human(PICTURE, 'b.jpg')
    with pytest.raises(ValueError, match='c.jpg has no mask'):
        Proposals(**results(tmp_path))(PICTURE, 'c.jpg')
    (tmp_path / 'bad.json').write_text('')
    with pytest.raises(ValueError, match='bad.json cannot be read as JSON'):
        human(PICTURE, 'bad.jpg')
    with pytest.raises(ValueError, match='is no folder'):
        Proposals(str(tmp_path / 'results.json'))
    with pytest.raises(ValueError, match='num is 0'):
        Proposals(str(tmp_path), num=0)
