"""Pre-trains small models exactly and fast, fine-tunes each for segmentation, prints a table; two hours on a CPU."""

from pathlib import Path

from projects.runs import Commands, data_roots, make_parser

CONFIGS = Path('projects/exact_or_fast/configs')
STARTS = {'exact_r18-fpn_1xb8-2e': 2, 'fast_r18-fpn_1xb8-2e': 2, 'fast_r18-fpn_1xb8-4e': 4}  # name -> epochs
FINETUNE = CONFIGS / 'fpn_r18_1xb8-100_camvid-160x160.py'


def main() -> None:
    """Trains, exports, fine-tunes and tells."""
    args = make_parser(__doc__, 'work_dirs/exact_or_fast', seeds=True).parse_args()
    commands, camvid = Commands(args.dry_run), data_roots(args.data / 'camvid')
    for seed in args.seeds:
        random = {'randomness.seed': seed}
        for name, epochs in STARTS.items():
            run, weights = args.out / name / str(seed), args.out / name / f'{seed}.pth'
            commands.train(
                CONFIGS / f'{name}_photos-96px.py', run, {**random, 'train_dataloader.dataset.data_root': args.data}
            )
            commands.python('tools/export.py', run / f'epoch_{epochs}.pth', weights, '--layout', 'mmseg')
            commands.train(
                FINETUNE, args.out / f'camvid-{name}' / str(seed), {'load_from': weights, **random, **camvid}
            )
        commands.train(FINETUNE, args.out / 'camvid-none' / str(seed), {**random, **camvid})
    folders = [args.out / f'camvid-{start}' for start in (*STARTS, 'none')]
    commands.python('-m', 'projects.seeds', *folders, '--metrics', 'mIoU', 'aAcc')


if __name__ == '__main__':
    main()
