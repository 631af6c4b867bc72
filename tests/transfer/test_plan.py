"""Which runs there are, on which images, with which rates."""

import json
from pathlib import Path

import pytest
from torch import nn

from mmdecon.transfer.images import Name, list_images, with_images
from mmdecon.transfer.labels import count_labels, draw_labels, part_images
from mmdecon.transfer.plan import Run, Task, reported_runs, tuning_runs
from mmdecon.transfer.rates import Rate, custom_keys, for_parts
from mmdecon.transfer.settings import Tune

from ..test_configs import NUCLEI

IMAGES = [Name(0, f'{index:03}') for index in range(40)]
SEG = dict(
    type='BaseSegDataset',
    data_root=NUCLEI,
    data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
    img_suffix='.png',
    seg_map_suffix='.png',
)


@pytest.mark.parametrize(('wanted', 'count'), [(8, 8), ('10%', 4), ('1%', 1), ('2.5%', 1), ('100%', 40), ('all', 40)])
def test_labels_are_counted(wanted, count):
    assert count_labels(wanted, 40) == count


@pytest.mark.parametrize('wanted', [0, 41, '0%', '101%', '8', 'half', 2.5, True])
def test_what_is_no_number_of_labels_is_refused(wanted):
    with pytest.raises(ValueError, match='of 40 training images: give a count up to that'):
        count_labels(wanted, 40)


def test_labels_of_a_seed_are_nested_and_those_of_seeds_differ():
    few, more = draw_labels(IMAGES, 8, 3), draw_labels(IMAGES, 24, 3)
    assert more[:8] == few and len(set(more)) == 24
    assert draw_labels(IMAGES, 8, 4) != few and draw_labels(IMAGES, 40, 3) == IMAGES


def test_images_that_choose_rates_are_parted(tmp_path):
    learn, score = part_images(IMAGES, Tune(seeds=[0]))
    assert sorted(learn + score) == IMAGES and len(score) == 20
    assert score != sorted(draw_labels(IMAGES, 20, 0))
    listed = tmp_path / 'val.txt'
    listed.write_text('003\n001\n')
    assert part_images(IMAGES, Tune([0], val=str(listed)))[1] == [IMAGES[1], IMAGES[3]]
    listed.write_text('nobody\n')
    with pytest.raises(ValueError, match="'nobody' in .* is none of the 40 training images"):
        part_images(IMAGES, Tune([0], val=str(listed)))


def test_a_dataset_of_mmseg_takes_a_list(tmp_path):
    images = list_images(SEG, 'mmseg')
    assert len(images) == 152
    chosen = [images[7], images[2]]
    fewer = with_images(SEG, 'mmseg', chosen, tmp_path)
    assert list_images(fewer, 'mmseg') == chosen
    assert Path(fewer['ann_file']).read_text().split() == [one.name for one in chosen]


def test_joined_datasets_take_a_list_each(tmp_path):
    parts = [dict(SEG, ann_file=f'ImageSets/Segmentation/{part}.txt') for part in ('train_8', 'val')]
    joined = dict(type='ConcatDataset', datasets=parts)
    images = list_images(joined, 'mmseg')
    assert len(images) == 48
    both = with_images(joined, 'mmseg', [images[1], images[9]], tmp_path)
    assert list_images(both, 'mmseg') == [Name(0, images[1].name), Name(1, images[9].name)]
    one = with_images(joined, 'mmseg', [images[9]], tmp_path)
    assert [Path(part['ann_file']).name for part in one['datasets']] == ['labels_1.txt']


def test_a_dataset_of_mmdet_takes_a_file_of_its_own(tmp_path):
    pytest.importorskip('mmdet')
    coco = dict(
        type='CocoDataset',
        data_root=NUCLEI,
        ann_file='annotations/instances_val.json',
        metainfo=dict(classes=['nucleus']),
        data_prefix=dict(img='JPEGImages/'),
    )
    images = list_images(coco, 'mmdet')
    fewer = with_images(coco, 'mmdet', [images[5], images[1]], tmp_path)
    assert list_images(fewer, 'mmdet') == [images[5], images[1]]
    content = json.loads(Path(fewer['ann_file']).read_text())
    assert {str(one['image_id']) for one in content['annotations']} <= {images[5].name, images[1].name}


def test_other_datasets_are_refused(tmp_path):
    folder = dict(type='mmdecon.ImageFolder', data_root=NUCLEI, folders='JPEGImages')
    with pytest.raises(ValueError, match="a list cannot choose images of ImageFolder: labels other than 'all'"):
        list_images(folder, 'mmseg')


def test_reported_runs_stand_side_by_side(given, read):
    settings = read(given)
    task = Task(settings, settings.protocols['nuclei'])
    runs = list(reported_runs(task, {}))
    assert task.counts == [4, 8] and len(runs) == len({run.folder for run in runs}) == 12
    assert [run.start for run in runs[:3]] == list(settings.starts)
    assert runs[0] == Run('nuclei', 'random', 4, 0, Rate(3e-3, 3e-3))
    assert list(tuning_runs(task)) == []


def test_rates_are_tried_where_they_differ(given, read):
    rates = [dict(new=1e-3, pretrained=1e-3), dict(new=1e-3, pretrained=1e-4)]
    settings = read(given, rates=rates, tune=dict(seeds=[7, 8], labels=[4]))
    task = Task(settings, settings.protocols['nuclei'])
    runs = list(tuning_runs(task))
    assert {run.start for run in runs} == {'encoder', 'both'} and len({run.folder for run in runs}) == len(runs) == 8
    chosen = {('nuclei', start, 4): Rate(1e-3, 1e-4) for start in ('encoder', 'both')}
    rates = {(run.start, run.rate) for run in reported_runs(task, chosen)}
    assert rates == {('random', Rate(1e-3, 1e-3)), ('encoder', Rate(1e-3, 1e-4)), ('both', Rate(1e-3, 1e-4))}


def test_rates_of_other_numbers_of_labels_are_the_next_smaller_ones(given, read):
    settings = read(given, labels=[4, 6, 8, 16], rates=[1e-3, 1e-2], tune=dict(seeds=[0], labels=[5, 8]))
    task = Task(settings, settings.protocols['nuclei'])
    assert [task.tuned_at(count) for count in task.counts] == [5, 5, 8, 8]
    whole = read(given, labels=[4, 'all'], rates=[1e-3, 1e-2], tune=dict(seeds=[0]))
    assert Task(whole, whole.protocols['nuclei']).tuned_counts == [4, 8]


def test_rates_of_new_and_pretrained_parts():
    model = nn.ModuleDict(dict(neck=nn.Linear(2, 2), head=nn.ModuleDict(dict(bottleneck=nn.Linear(2, 2)))))
    keys = custom_keys(Rate(1e-3, 1e-4), ['neck.weight'], model)
    assert keys['neck.'] == dict(lr_mult=pytest.approx(0.1))
    new = {'neck.bias', 'head.bottleneck.weight', 'head.bottleneck.bias'}
    assert {key for key, value in keys.items() if value == dict(lr_mult=1.0)} == new
    assert for_parts([Rate(1e-3, 1e-3), Rate(1e-3, 1e-4)], pretrained=False) == [Rate(1e-3, 1e-3)]
