"""Configs and images that are not as they should be: named before any work."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmdecon.pretrain_for import make_plan, prove, read_downstream
from mmdecon.pretrain_for.choices import count_images
from mmdecon.pretrain_for.labels import find_labels
from mmdecon.pretrain_for.rasters import find_range
from mmdecon.pretrain_for.report import plan_table

from .models import BN, LOSS, UPER, write


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            dict(backbone=dict(UPER['backbone'], depth=19)),
            r'model.py, model.backbone: it cannot be built: KeyError: .*19',
        ),
        (
            dict(backbone=dict(UPER['backbone'], type='ResNetV1x')),
            "model.py, model.backbone: there is no 'mmseg.ResNetV1x'",
        ),
        (
            dict(decode_head=dict(UPER['decode_head'], in_channels=[8, 16, 32, 99])),
            'does not fit it; do in_channels and in_index of its neck and heads agree',
        ),
        (dict(neck='FPN'), "model.py, model.neck: 'FPN' is no dict with a type"),
        (dict(decode_head=dict(channels=8)), "model.decode_head: {'channels': 8} is no dict with a type"),
        (dict(backbone='ResNet'), "model.backbone: 'ResNet' is no dict with a type"),
        (dict(backbone=None), 'a EncoderDecoder, has no backbone to pre-train'),
    ],
)
def test_models_that_cannot_be_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prove(make_plan(read_downstream(write(tmp_path, {**UPER, **change}))))


def test_a_model_that_is_no_dict_is_named(tmp_path: Path) -> None:
    (tmp_path / 'list.py').write_text("default_scope = 'mmseg'\nmodel = [1]\n")
    with pytest.raises(ValueError, match=r'list.py has model=\[1\]: give a dict of its parts'):
        read_downstream(str(tmp_path / 'list.py'))


def test_modules_that_are_not_found_are_told_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, UPER, custom_imports=dict(imports=['absent_module'], allow_failed_imports=False))
    with pytest.raises(ValueError, match='absent_module.*; PYTHONPATH must name the folder of its modules$') as found:
        read_downstream(path)
    assert '\n' not in str(found.value)


@pytest.mark.parametrize('text', ['x = undefined', "_base_ = 'self.py'"])
def test_a_config_that_fails_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'self.py'
    path.write_text(text)
    with pytest.raises(ValueError, match='self.py cannot be read: (Name|Recursion)Error'):
        read_downstream(str(path))


def test_without_a_level_to_contrast_the_encoder_is_pre_trained_alone(tmp_path: Path) -> None:
    head = dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_convs=1, num_classes=2, loss_decode=LOSS)
    made = make_plan(read_downstream(write(tmp_path, dict(UPER, decode_head=dict(head, norm_cfg=BN)))), 96)
    assert not made.network.decoder and made.part == 'encoder'
    assert made.left['level out'] == 'it has 3 x 3 cells in a view of 96 pixels; views of 128 give it 4 x 4'
    assert plan_table(made, prove(made)[1].fit, 5).endswith('no decoder is pre-trained, the encoder alone')


def test_label_maps_are_told_from_photos(tmp_path: Path) -> None:
    data = Path('tests/data/nuclei')
    photos, labels = (sorted(map(str, (data / name).glob('*.png'))) for name in ('JPEGImages', 'SegmentationClass'))
    (tmp_path / 'empty.png').touch()
    paths = [str(tmp_path / 'empty.png'), *photos[:8], *labels[:8]]
    found = find_labels(len(paths), paths.__getitem__)
    assert len(labels) > 8 and found == labels[:8]


@pytest.mark.parametrize('preset', [None, 'microscopy'])
def test_images_that_cannot_be_read_are_left_out_where_that_is_asked(tmp_path: Path, preset: str | None) -> None:
    for number in range(3):
        Image.fromarray(np.full((8, 8, 3), number * 9, np.uint8)).save(tmp_path / f'{number}.png')
    (tmp_path / 'page.png').write_text('<html>')
    with pytest.raises(ValueError, match='1 of 4 images cannot be read: .*page.png.*, or set --skip-unreadable to'):
        count_images([str(tmp_path)], 3, preset)
    assert count_images([str(tmp_path)], 3, preset, skip=True) == 3
    assert find_range([str(tmp_path)], 3, skip=True) is None
