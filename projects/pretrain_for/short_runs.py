"""Whether the teacher of a short run should follow faster: 301 steps with either EMA momentum, then a probe."""

import re
from pathlib import Path

from projects.demo.plan import DATA
from projects.runs import ROOT, Commands, make_parser

CONFIG, EPOCHS = Path('projects/pretrain_for/configs/cells.py'), 43
LISTS = DATA / 'ImageSets/Segmentation'


def main() -> None:
    """Pre-trains with the momentum that the tool chooses, and with the method's own, and probes teacher and student."""
    args = make_parser(__doc__, 'work_dirs/short_runs').parse_args()
    commands, images = Commands(args.dry_run), args.out / 'images'
    if not args.dry_run:
        link_images(ROOT / images)
    how = ['--images', images, '--size', 64, '--batch-size', 16, '--epochs', EPOCHS]
    for name in ('faster', 'usual'):
        words = ['tools/pretrain_for.py', CONFIG, *how, '--work-dir', args.out / name]
        if name == 'usual':
            commands.python(*words, '--write-config-only')
            if not args.dry_run:
                leave_out_momentum(ROOT / args.out / name / f'pretrain_for_{CONFIG.stem}.py')
        commands.python(*words)
    for half in ('teacher', 'student'):
        probe(commands, args.out, half)


def link_images(folder: Path) -> None:
    """Makes a folder of the images that the probe does not score on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ROOT / LISTS / 'train.txt').read_text().split():
        image = ROOT / DATA / f'JPEGImages/{name}.png'
        if not (folder / image.name).exists():
            (folder / image.name).symlink_to(image)


def leave_out_momentum(config: Path) -> None:
    """Edits a written config: the teacher follows as in long runs."""
    config.write_text(re.sub(r'^    momentum=.*\n', '', config.read_text(), flags=re.MULTILINE))


def probe(commands: Commands, out: Path, half: str) -> None:
    """Probes both runs."""
    runs = [out / name / f'pretraining/epoch_{EPOCHS}.pth' for name in ('faster', 'usual')]
    data = ['--images', DATA / 'JPEGImages', '--labels-dir', DATA / 'SegmentationClass']
    lists = ['--train-list', LISTS / 'train.txt', '--val-list', LISTS / 'val.txt']
    how = ['--levels', 'p2', 'out', '--labels', 8, '--draws', 5, '--cells', 1000, '--methods', 'knn', 'linear']
    names = ['--names', 'faster', 'usual', '--half', half, '--pictures', 0]
    commands.python('tools/probe.py', *runs, *data, *lists, *how, *names, '--out', out / f'probe_{half}')


if __name__ == '__main__':
    main()
