"""Keys that nothing reads are refused wherever their readers are known; all configs of the project pass."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmdecon.cli import override
from mmdecon.option_keys import refuse_unknown_keys

ROOT = Path(__file__).parent.parent
TINY = ROOT / 'tests/training/tiny.py'
CONFIGS = [p for p in sorted((ROOT / 'configs').rglob('*.py')) if '_base_' not in p.parts]
LOADER, MODEL = 'train_dataloader', 'model.branches.enc'

UNREAD = {
    'auto_scale_lr.enabled=True': "Did you mean 'enable'?",
    'env_cfg.cudnn_benchmak=True': "Did you mean 'cudnn_benchmark'?",
    'env_cfg.mp_cfg.start_method=spawn': "Did you mean 'mp_start_method'?",
    'randomness.sed=1': "Did you mean 'seed'?",
    'train_cfg.max_epoch=1': "of EpochBasedTrainLoop. Did you mean 'max_epochs'?",
    'optim_wrapper.optimzer.lr=1': "of OptimWrapper. Did you mean 'optimizer'?",
    'optim_wrapper.accumulate_counts=2': "Did you mean 'accumulative_counts'?",
    'optim_wrapper.optimizer.wd=1': 'of mmpretrain.LARS.',
    'optim_wrapper.clip_grad.maxnorm=1': "Did you mean 'max_norm'?",
    'param_scheduler.0.eta_mn=1': "of CosineAnnealingLR. Did you mean 'eta_min'?",
    'default_hooks.checkpoint.max_keep_ckpt=1': "of CheckpointHook. Did you mean 'max_keep_ckpts'?",
    'default_hooks.logger.intervall=1': "Did you mean 'interval'?",
    'custom_hooks.1.intervall=1': "of mmdecon.Health. Did you mean 'interval'?",
    'log_processor.windows_size=1': "Did you mean 'window_size'?",
    'visualizer.vis_backend=None': "of Visualizer. Did you mean 'vis_backends'?",
    'visualizer.vis_backends.0.savedir=x': "of LocalVisBackend. Did you mean 'save_dir'?",
    f'{LOADER}.batchsize=2': "Did you mean 'batch_size'?",
    f'{LOADER}.sampler.shufle=True': "of mmdecon.ViewSampler. Did you mean 'shuffle'?",
    f'{LOADER}.dataset.folder=x': "of mmdecon.ImageFolder. Did you mean 'folders'?",
    f'{LOADER}.dataset.pipeline.1.sizes=2': "of mmdecon.TwoViews. Did you mean 'size'?",
    f'{LOADER}.dataset.pipeline.1.photometric.0.0.probability=1': 'of RandomGrayscale.',
    f'{MODEL}.wieght=1': "Did you mean 'weight'?",
    f'{MODEL}.head.num_slot=9': "of mmdecon.SlotHead. Did you mean 'num_slots'?",
    'model.momentums.start=0.9': "of mmdecon.DeCon. Did you mean 'momentum'?",
    'model.network.encoder.out_indexes=1': "of mmpretrain.ResNet. Did you mean 'out_indices'?",
}


@pytest.mark.parametrize('option', UNREAD)
def test_a_key_that_nothing_reads_is_refused(option) -> None:
    key, value = option.split('=')
    cfg = Config.fromfile(TINY)
    cfg.env_cfg, cfg.optim_wrapper.clip_grad = dict(mp_cfg=dict()), dict(max_norm=1.0)
    override(cfg, {key: value})
    with pytest.raises(SystemExit) as end:
        refuse_unknown_keys(cfg)
    place = key.removesuffix('.lr') if 'optimzer' in key else key.removesuffix('.start') if 'momentums' in key else key
    assert end.value.code.startswith(f'error: {place}: nothing reads the key ') and UNREAD[option] in end.value.code


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_all_configs_pass(path) -> None:
    refuse_unknown_keys(Config.fromfile(path))


def test_a_key_that_goes_on_to_an_unknown_reader_passes() -> None:
    cfg = Config.fromfile(TINY)
    cfg.env_cfg = dict(dist_cfg=dict(backend='gloo', timeout=60))
    cfg.optim_wrapper.paramwise_cfg = dict(layer_decay_rate=0.5)
    refuse_unknown_keys(cfg)
