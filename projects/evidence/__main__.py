"""Pre-trains decoders on photos without annotations in several ways, and probes them; five hours on two CPU cores."""

from pathlib import Path

from mmdecon.images.listing import IMAGE_EXTENSIONS, list_images
from projects.runs import Commands, make_parser

CONFIGS = Path('projects/evidence/configs')
STARTS = {
    'decon-ml-detcon-b_lite0-fpn_1xb16-6e_ccp-96px-fh': 6,
    'ddep_lite0-fpn_1xb16-6e_ccp-96px': 6,
    'decon-sl-detcon-b_lite0-fpn-fpnhead_1xb16-20e_ccp-96px-fh': 20,
}
"""Config -> its epochs."""
LEVELS = dict(zip(STARTS, (('p2', 'p3', 'p4', 'p5'), ('p2',), ('out',))))
WEIGHTS, REGIONS = Path('work_dirs/lite0.pth'), Path('work_dirs/evidence/ccp.regions')  # where the configs look


def main() -> None:
    """Pre-trains with each seed, and probes."""
    parser = make_parser(__doc__, 'work_dirs/evidence', seeds=True)
    parser.add_argument('--only', choices=STARTS, nargs='+', default=[*STARTS], help='some of the ways (default: all)')
    args = parser.parse_args()
    commands, ccp = Commands(args.dry_run), args.data / 'ccp'
    listed = prepare(commands, ccp, args.out)
    data = {'train_dataloader.dataset.data_root': ccp, 'train_dataloader.dataset.list_file': listed.absolute()}
    for name in args.only:
        checkpoints = []
        for seed in args.seeds:
            run = args.out / name / str(seed)
            commands.train(CONFIGS / f'{name}.py', run, {**data, 'randomness.seed': seed})
            checkpoints.append(run / f'epoch_{STARTS[name]}.pth')
        probe(commands, checkpoints, LEVELS[name], ccp, args.out / f'probe_{name}')


def prepare(commands: Commands, ccp: Path, out: Path) -> Path:
    """Makes what all runs read: the encoder's weights, the list of images, and their regions.

    Args:
        commands: Runs what is needed.
        ccp: The data set's folder.
        out: For the list.

    Returns:
        The list.
    """
    listed = out / 'pretrain.txt'
    if not WEIGHTS.is_file():
        commands.python('-m', 'projects.xnet_ablations.lite0', WEIGHTS)
    if not commands.dry:
        listed.parent.mkdir(parents=True, exist_ok=True)
        parts = {part: list_images(str(ccp / 'img_dir' / part), IMAGE_EXTENSIONS) for part in ('train', 'unlabelled')}
        listed.write_text('\n'.join(f'{part}/{name}' for part, names in parts.items() for name in names) + '\n')
    if not REGIONS.is_file():
        options = ['--list', listed, '--method', 'felzenszwalb', '--options', 'scale=300', 'min_size=300']
        commands.python('tools/regions.py', 'make', ccp / 'img_dir', REGIONS, *options)
    return listed


def probe(commands: Commands, checkpoints: list[Path], levels: tuple[str, ...], ccp: Path, out: Path) -> None:
    """Probes runs that differ in the seed alone, on photos that nothing was chosen by.

    Args:
        commands: Runs it.
        checkpoints: One of each seed.
        levels: To probe.
        ccp: The data set's folder.
        out: For tables and pictures.
    """
    train = ['--images', ccp / 'img_dir/train', '--labels-dir', ccp / 'ann_dir/train']
    val = ['--val-images', ccp / 'img_dir/val', '--val-labels-dir', ccp / 'ann_dir/val', '--val-count', 60]
    how = ['--levels', *levels, '--labels', 8, '--draws', 5, '--cells', 2500, '--methods', 'knn', 'linear']
    names = ['--names', *(f'seed{path.parent.name}' for path in checkpoints), '--as-seeds']
    commands.python('tools/probe.py', *checkpoints, *train, *val, *how, *names, '--out', out)


if __name__ == '__main__':
    main()
