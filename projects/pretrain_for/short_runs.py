"""Whether the teacher of a short run should follow faster: 301 steps with either EMA momentum, then a probe."""

from pathlib import Path

from projects.demo.plan import DATA
from projects.runs import ROOT, Commands, make_parser

CONFIG, EPOCHS = Path('projects/pretrain_for/configs/cells.py'), 43
LISTS = DATA / 'ImageSets/Segmentation'
RUNS = dict(faster=None, usual=0.99)  # starts of the EMA momentum


def main() -> None:
    """Pre-trains with the momentum that the tool chooses, and with the method's own, and probes teacher and student."""
    args = make_parser(__doc__, 'work_dirs/short_runs').parse_args()
    commands, images = Commands(args.dry_run), args.out / 'images'
    if not args.dry_run:
        link_images(ROOT / images)
    how = ['--images', images, '--size', 64, '--batch-size', 16, '--epochs', EPOCHS, '--work-dir', args.out]
    commands.python('tools/pretrain_for.py', CONFIG, *how, '--write-config-only')
    for name, start in RUNS.items():
        options = {} if start is None else {'model.momentum.start': start}
        commands.train(args.out / f'pretrain_for_{CONFIG.stem}.py', args.out / name, options)
    for half in ('teacher', 'student'):
        probe(commands, args.out, half)


def link_images(folder: Path) -> None:
    """Makes a folder of the images that the probe does not score on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ROOT / LISTS / 'train.txt').read_text().split():
        image = ROOT / DATA / f'JPEGImages/{name}.png'
        if not (folder / image.name).exists():
            (folder / image.name).symlink_to(image)


def probe(commands: Commands, out: Path, half: str) -> None:
    """Probes both runs."""
    runs = [out / name / f'epoch_{EPOCHS}.pth' for name in RUNS]
    data = ['--images', DATA / 'JPEGImages', '--labels-dir', DATA / 'SegmentationClass']
    lists = ['--train-list', LISTS / 'train.txt', '--val-list', LISTS / 'val.txt']
    how = ['--levels', 'p2', 'out', '--labels', 8, '--draws', 5, '--cells', 1000, '--methods', 'knn', 'linear']
    names = ['--names', *RUNS, '--half', half, '--pictures', 0]
    commands.python('tools/probe.py', *runs, *data, *lists, *how, *names, '--out', out / f'probe_{half}')


if __name__ == '__main__':
    main()
