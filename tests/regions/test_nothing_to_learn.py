"""Regions of nothing are refused or warned of, never trained on in silence."""

import json
import logging
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub
from PIL import Image

from mmdecon.datasets import ImageFolder
from mmdecon.hooks import Health
from mmdecon.regions import CocoInstances, Job, RegionStore, make_store

POLYGON = [[1, 1, 6, 1, 6, 5, 1, 5]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images."""
    (tmp_path / 'images').mkdir()
    for name in 'ab':
        Image.new('RGB', (8, 6)).save(tmp_path / f'images/{name}.png')
    return tmp_path / 'images'


def reader(path: Path, segmentation: list) -> CocoInstances:
    """Annotations, all of a.png."""
    images = [dict(id=n, file_name=f'{name}.png', height=6, width=8) for n, name in enumerate('ab')]
    part = dict(id=5, image_id=0, segmentation=segmentation, category_id=1)
    path.write_text(json.dumps(dict(images=images, annotations=[part], categories=[dict(id=1, name='x')])))
    return CocoInstances(str(path))


def test_a_store_without_a_region_is_not_made(folder: Path, tmp_path: Path) -> None:
    job, out = Job(str(folder), reader(tmp_path / 'c.json', []), empty='keep'), tmp_path / 'out'
    with pytest.raises(ValueError, match='out is not made: none of the 2 images has a region'):
        make_store(job, ['a.png', 'b.png'], str(out))
    assert not list(tmp_path.glob('out*'))


def test_images_without_a_region_in_the_store(folder: Path, tmp_path: Path) -> None:
    job, out, chosen = Job(str(folder), reader(tmp_path / 'c.json', POLYGON), empty='keep'), tmp_path / 'out', []
    make_store(job, ['a.png', 'b.png'], str(out))
    assert RegionStore(str(out)).counts == dict(regions=1, empty=1, absent=0)
    for name in 'ab':
        chosen.append(str(tmp_path / f'{name}.txt'))
        Path(chosen[-1]).write_text(name)
    steps = [dict(type='mmdecon.LoadRegions', store=str(out))]
    assert len(ImageFolder(str(folder), steps)) == 2 and len(ImageFolder(str(folder), steps, list_file=chosen[0])) == 1
    with pytest.raises(ValueError, match='out has no region of any of the images, so that there is nothing to learn'):
        ImageFolder(str(folder), steps, list_file=chosen[1])


class Run:
    """What the hook asks of a runner."""

    def __init__(self, seconds: float = 0.1) -> None:
        self.iter, self.max_iters, self.logger, self.message_hub = 0, 9, logging.getLogger('empty'), MessageHub('empty')
        self.message_hub.update_scalar('train/time', seconds)


def test_batches_without_a_region_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    run, hook = Run(), Health(interval=2)
    with caplog.at_level(logging.WARNING):
        for run.iter, loss in enumerate([1.0, 0, 0, 1, 0, 0, 0, 1, 0]):
            hook.after_train_iter(run, 0, None, {'loss_enc': torch.tensor(loss), 'enc/regions': torch.tensor(0.0)})
        hook.after_train(run)
    said = [record.getMessage() for record in caplog.records]
    assert [text.split(':')[0] for text in said] == [
        f"branch 'enc' learnt nothing in {count} of the iterations up to {last}"
        for count, last in [(1, 2), (2, 4), (4, 6)]
    ]
    assert 'no image had a region in both views' in said[0]


@pytest.mark.parametrize('seconds,said', [(2.0, ['a step takes about 2.0 s: 0:00:14 for the 7 left']), (0.9, [])])
def test_slow_steps_are_told_once(seconds: float, said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    run, hook = Run(seconds), Health()
    with caplog.at_level(logging.INFO):
        for run.iter in range(4):
            hook.after_train_iter(run, 0, None, {})
    assert [record.getMessage() for record in caplog.records] == said
