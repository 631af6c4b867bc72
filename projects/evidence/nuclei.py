"""Pre-trains the demo's network with three seeds and probes it; half an hour on a CPU core, and no other data."""

from pathlib import Path

from projects.demo.plan import DATA
from projects.runs import Commands, make_parser

CONFIG, ITERATIONS = Path('projects/demo/configs/pretrain.py'), 300
LISTS = DATA / 'ImageSets/Segmentation'


def main() -> None:
    """Pre-trains with each seed, and probes the decoder's finest map on images that nothing was chosen by."""
    args = make_parser(__doc__, 'work_dirs/evidence_nuclei', seeds=True).parse_args()
    commands, checkpoints = Commands(args.dry_run), []
    for seed in args.seeds:
        run = args.out / str(seed)
        commands.train(CONFIG, run, {'randomness.seed': seed})
        checkpoints.append(run / f'iter_{ITERATIONS}.pth')
    data = ['--images', DATA / 'JPEGImages', '--labels-dir', DATA / 'SegmentationClass']
    lists = ['--train-list', LISTS / 'train.txt', '--val-list', LISTS / 'val.txt']
    how = ['--levels', 'p2', '--labels', 8, '--draws', 5, '--cells', 1000, '--methods', 'knn', 'linear', '--scratch']
    names = ['--names', *(f'seed{seed}' for seed in args.seeds), '--as-seeds']
    commands.python('tools/probe.py', *checkpoints, *data, *lists, *how, *names, '--out', args.out / 'probe')


if __name__ == '__main__':
    main()
