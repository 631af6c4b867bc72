"""Three whole runs on real images: a shipped config, images, pre-trained weights, fine-tuning, scores."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmdecon.pretrain_for import find_config
from projects.runs import Commands, make_parser

RUNS = (
    'retinanet/retinanet_r18_fpn_1x_coco',
    'segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512',
    'upernet/upernet_r18_4xb4-20k_voc12aug-512x512',
)
ITERATIONS = 20
CLASSES = ['background', 'skin', 'hair', 'top', 'outerwear', 'bottom', 'dress', 'shoes', 'bag', 'accessory']
WORKERS = dict(num_workers=0, persistent_workers=False)


def main() -> None:
    """Pre-trains for each model, and fine-tunes it from the result."""
    args = make_parser(__doc__, 'work_dirs/whole_runs').parse_args()
    commands = Commands(args.dry_run)
    for name in RUNS:
        out = args.out / Path(name).name
        how = ['--images', args.data / 'coco_tiny/train2017', '--epochs', 1, '--size', 96, '--batch-size', 8]
        commands.python('tools/pretrain_for.py', name, *how, '--work-dir', out)
        config = fine_tuning(name, args.data, out / f'{Path(name).name}_pretrained.pth')
        path = out / 'finetune.py'
        if not args.dry_run:
            config.dump(path)
        commands.python('tools/train.py', path, '--work-dir', out / 'finetune', '--overwrite')


def fine_tuning(name: str, data: Path, weights: Path) -> Config:
    """A shipped config with its model as it is, but for weights on a server; on other data, and short.

    Args:
        name: Of the config.
        data: Folder of the data sets.
        weights: For ``load_from``.
    """
    config = Config.fromfile(find_config(name))
    config.model.pop('pretrained', None)
    config.model.backbone.pop('init_cfg', None)
    config.load_from, config.custom_hooks = str(weights), [dict(type='mmdecon.VerifyLoad')]
    (instances if 'bbox_head' in config.model else segments)(config, data)
    config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=ITERATIONS, val_interval=ITERATIONS)
    config.param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False)]
    config.default_hooks.checkpoint = dict(type='CheckpointHook', by_epoch=False, interval=ITERATIONS)
    config.default_hooks.logger = dict(type='LoggerHook', interval=5)
    config.log_processor = dict(by_epoch=False)
    return config


def segments(config: Config, data: Path) -> None:
    """Street photos with ten classes of pixels, in crops of 128 pixels."""
    config.model.data_preprocessor.size = (128, 128)
    load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
    crop = [dict(type='RandomCrop', crop_size=(128, 128)), dict(type='RandomFlip', prob=0.5)]
    for part, pipeline in dict(train=[*load, *crop], val=load).items():
        folders = dict(img_path=f'img_dir/{part}', seg_map_path=f'ann_dir/{part}')
        dataset: dict[str, Any] = dict(type='BaseSegDataset', data_root=str(data / 'ccp'), data_prefix=folders)
        dataset.update(metainfo=dict(classes=CLASSES), pipeline=[*pipeline, dict(type='PackSegInputs')])
        dataset.update(indices=20 if part == 'val' else None)
        sampler = dict(type='InfiniteSampler' if part == 'train' else 'DefaultSampler', shuffle=part == 'train')
        config[f'{part}_dataloader'] = dict(batch_size=4 if part == 'train' else 1, sampler=sampler, dataset=dataset)
        config[f'{part}_dataloader'].update(WORKERS)
    config.test_dataloader = config.val_dataloader


def instances(config: Config, data: Path) -> None:
    """COCO photos with boxes, small."""
    for part in ('train', 'val', 'test'):
        split = 'val' if part == 'test' else part
        loader = config[f'{part}_dataloader']
        loader.update(WORKERS, batch_size=2 if part == 'train' else 1)
        loader.dataset.update(data_root=f'{data}/coco_tiny/', ann_file=f'annotations/instances_{split}2017.json')
        for step in loader.dataset.pipeline:
            if step.type == 'Resize':
                step.scale = (333, 200)
    config.train_dataloader.sampler = dict(type='InfiniteSampler', shuffle=True)
    for evaluator in (config.val_evaluator, config.test_evaluator):
        evaluator.ann_file = f'{data}/coco_tiny/annotations/instances_val2017.json'


if __name__ == '__main__':
    main()
