"""Pre-trains an encoder and its decoder on bundled images, plugs them into a segmenter, and reports the results."""

import os
from argparse import ArgumentParser
from pathlib import Path

from projects.demo import Demo, run
from projects.runs import ROOT


def main() -> None:
    """Reads the arguments and runs the demo."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, help='folder to write to (default: work_dirs/demo in the clone)')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0], help='of the fine-tuning runs (default: 0)')
    parser.add_argument('--quick', action='store_true', help='two iterations of everything; the numbers mean nothing')
    args = parser.parse_args()
    out = args.out.resolve() if args.out else ROOT / 'work_dirs/demo'
    os.chdir(ROOT)  # paths in the configs, and in the commands of the report, are relative to it
    report = run(Demo(Path(os.path.relpath(out)), tuple(dict.fromkeys(args.seeds)), args.quick))
    print(f'Report and pictures: {report}')


if __name__ == '__main__':
    main()
