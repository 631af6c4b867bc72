"""Trains twenty small xNets and rivals on two tasks with several seeds, and prints tables; hours on two CPU cores."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from projects.runs import Commands, data_roots, make_parser

CONFIGS = Path('projects/xnet_ablations/configs')
START = 'decon-ml-slotcon_xnet-r18-r18_1xb16-5e_photos-96px'
LITE0, R18 = 'work_dirs/lite0.pth', 'work_dirs/xnet/r18-r18.pth'  # as the configs name them


class Row(NamedTuple):
    """A row of the tables: a config, without its task, and what is changed in it by options."""

    config: str
    options: Mapping[str, str] = {}


ROWS = {
    'xnet_lite0-lite0': Row('xnet_lite0-lite0'),
    'xnet-random-decoder_lite0-lite0': Row('xnet_lite0-lite0', {'model.neck.classifier.init_cfg': 'None'}),
    'xnet-add_lite0-lite0': Row('xnet_lite0-lite0', {'model.neck.combine': 'add'}),
    'xnet-gate_lite0-lite0': Row('xnet_lite0-lite0', {'model.neck.combine': 'gate'}),
    'xnet-no-image_lite0-lite0': Row('xnet_lite0-lite0', {'model.neck.combine': 'none'}),
    'xnet-fpn-head_lite0-lite0': Row('xnet-fpn-head_lite0-lite0'),
    'fpn_lite0': Row('fpn_lite0'),
    'upernet_lite0': Row('upernet_lite0'),
    'xnet_r18-r18': Row('xnet_r18-r18'),
    'xnet-random-decoder_r18-r18': Row('xnet-random-decoder_r18-r18'),
}
TASKS = {  # what ends a config's name -> folder of the data set, arguments of the table
    '1xb8-100_camvid-128x128': ('camvid', ('--metrics', 'mIoU', 'aAcc')),
    '1xb8-100_kitchen-96x128': ('7scenes_kitchen', ('--metrics', 'abs_rel', 'rmse', 'd1', '--digits', 3)),
}


def main() -> None:
    """Trains and tells."""
    args = make_parser(__doc__, 'work_dirs/xnet', seeds=True).parse_args()
    commands = Commands(args.dry_run)
    commands.python('-m', 'projects.xnet_ablations.lite0', LITE0)
    start = Path(R18).with_name('start')
    commands.train(CONFIGS / f'{START}.py', start, {'train_dataloader.dataset.data_root': args.data})
    commands.python('tools/export.py', start / 'epoch_5.pth', R18, '--layout', 'mmseg')
    for task, (folder, _) in TASKS.items():
        for seed in args.seeds:
            for name, row in ROWS.items():
                options = {**row.options, 'randomness.seed': seed, **data_roots(args.data / folder)}
                commands.train(
                    CONFIGS / f'{row.config}_{task}.py', args.out / f'{name}_{task}' / f'seed_{seed}', options
                )
    for task, (_, table) in TASKS.items():
        commands.python('-m', 'projects.seeds', *(args.out / f'{name}_{task}' for name in ROWS), *table)


if __name__ == '__main__':
    main()
