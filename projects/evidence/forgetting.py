"""How soon does fine-tuning make up for a random decoder? Probes the decoder along a run from each start."""

from pathlib import Path

from mmengine.config import Config

from projects.runs import ROOT, Commands, make_parser

COMPARISON = Path('projects/evidence/transfer_ccp_frozen.py')
RUN = Path('8_labels/seed_0')  # of which the labelled photos and the rate are
EVERY, STEPS = 50, (50, 100, 400)


def main() -> None:
    """Repeats a run of each start, keeps its checkpoints, and probes them on other photos than it learnt from."""
    args = make_parser(__doc__, 'work_dirs/evidence/forgetting').parse_args()
    commands, checkpoints, names = Commands(args.dry_run), [], []
    settings = Config.fromfile(ROOT / COMPARISON)
    for start in settings.starts:
        config = Path(settings.work_dir, 'runs/ccp', start, RUN, 'config.py')
        keep = {'default_hooks.checkpoint.interval': EVERY, 'default_hooks.checkpoint.max_keep_ckpts': -1}
        commands.train(config, args.out / start, keep)
        checkpoints += [args.out / start / f'iter_{step}.pth' for step in STEPS]
        names += [f'{start}, {step} steps' for step in STEPS]
    ccp = args.data / 'ccp'
    train = ['--images', ccp / 'img_dir/train', '--labels-dir', ccp / 'ann_dir/train']
    val = ['--val-images', ccp / 'img_dir/val', '--val-labels-dir', ccp / 'ann_dir/val', '--val-count', 60]
    how = ['--levels', 'out', '--labels', 8, '--draws', 5, '--cells', 2500, '--methods', 'knn', 'linear']
    given = [*checkpoints, '--config', config, '--names', *names, '--random-seeds']
    commands.python('tools/probe.py', *given, *train, *val, *how, '--out', args.out / 'probe')


if __name__ == '__main__':
    main()
