"""Pre-trains ten small configs, each base alone and with an FPN, and draws their curves; an hour on two CPU cores."""

from pathlib import Path

from projects.runs import Commands, make_parser

CONFIGS = Path('projects/bases/configs')
BASES = ('slotcon', 'densecl', 'pixpro', 'detcon-b', 'detcon-s')
KINDS = ('{}_r18_1xb16-5e_photos', 'decon-ml-{}_r18-fpn_1xb16-5e_photos')
NAMES = [kind.format(base) for base in BASES for kind in KINDS]


def main() -> None:
    """Trains and draws."""
    args = make_parser(__doc__, 'work_dirs/bases').parse_args()
    commands = Commands(args.dry_run)
    for name in NAMES:
        commands.train(CONFIGS / f'{name}.py', args.out / name, {'train_dataloader.dataset.data_root': args.data})
    commands.python('tools/visualize.py', 'curves', args.out / 'curves.png', *(args.out / name for name in NAMES))


if __name__ == '__main__':
    main()
