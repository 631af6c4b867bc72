"""The evidence's fine-tuning configs train, and its comparisons are some."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmdecon.transfer import read_settings
from projects.runs import ROOT
from tests.support.xnets import needs_timm

from ..test_configs import check

CONFIGS = ROOT / 'projects/evidence/configs'
TWO = ['random_decoder', 'encoder_decoder']
SIDE = 64


def test_resnet_trains() -> None:
    check(CONFIGS / 'finetune/fpn_r18_1xb8-400_ccp-128x128.py')


@needs_timm
def test_lite0_trains() -> None:
    cfg = Config.fromfile(CONFIGS / 'finetune/fpn_lite0_1xb8-400_ccp-128x128.py')
    cfg.model.data_preprocessor.size = (SIDE, SIDE)
    samples = []
    for seed in range(2):
        truth = torch.randint(0, 10, (1, SIDE, SIDE), generator=torch.Generator().manual_seed(seed))
        samples.append(SegDataSample(metainfo=dict(img_shape=(SIDE, SIDE)), gt_sem_seg=PixelData(data=truth)))
    images = [torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8) for _ in samples]
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model).train()
        loss, _ = model.parse_losses(
            model(**model.data_preprocessor(dict(inputs=images, data_samples=samples), True), mode='loss')
        )
    loss.backward()
    assert torch.isfinite(loss) and all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize(
    ('name', 'starts'),
    [('transfer_ccp', ['from_scratch', *TWO]), ('transfer_ccp_frozen', TWO), ('transfer_ccp_short', TWO)],
)
def test_a_comparison_is_read(name: str, starts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = ROOT / f'projects/evidence/{name}.py'
    given = Config.fromfile(comparison)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'projects').symlink_to(ROOT / 'projects')
    for start in given.starts.values():
        for key in {'weights', 'checkpoint'} & start.keys():
            (tmp_path / start[key]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / start[key]).touch()
    settings = read_settings(str(comparison))
    assert list(settings.starts) == starts
    assert (settings.labels, settings.seeds) == ([8, 24], [0, 1, 2, 3, 4]) and settings.tune
