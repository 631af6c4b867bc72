"""Tries tools/pretrain_for.py's derivation on every config of mmseg and mmdet; goes on where it was stopped."""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

import torch

from mmdecon.pretrain_for import shipped_configs

from .one import try_config

HERE = Path(__file__).parent
ROWS = HERE / 'results'


def parse() -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--library', choices=['mmseg', 'mmdet'], action='append', help='default: both')
    parser.add_argument('--seconds', type=int, default=240, help='that one config may take (default: %(default)s)')
    parser.add_argument(
        '--most-parameters', type=float, default=150e6, help='of a network that is stepped and verified'
    )
    parser.add_argument('--names', default='', help='only configs whose path holds this')
    parser.add_argument('--again', action='store_true', help='try those again of which no decoder works')
    parser.add_argument('--worker', help=argparse.SUPPRESS)
    parser.add_argument('--fatal', action='append', default=[], help=argparse.SUPPRESS)  # what a process died of
    return parser.parse_args()


def read_rows(path: Path) -> dict[str, dict]:
    """The rows so far, by config; the last of each counts."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {row['config']: row for row in map(json.loads, lines)}


def in_turns(configs: Iterable[Path]) -> list[Path]:
    """One config of each folder, then a second of each, and so on: all families are seen early."""
    folders: dict[Path, list[Path]] = {}
    for path in sorted(
        configs, key=lambda path: [int(n) for n in re.findall(r'\d+', path.stem)] or [10**9]
    ):  # R18 before R101
        folders.setdefault(path.parent, []).append(path)
    return [path for turn in zip_longest(*folders.values()) for path in turn if path is not None]


def work(args: argparse.Namespace) -> None:
    """Tries what has no row yet; a process that dies leaves ``working`` as the row of what it died of."""
    torch.set_num_threads(1)
    path = ROWS / f'{args.worker}.jsonl'
    rows = read_rows(path)
    for config in in_turns(shipped_configs(args.worker)):
        name = '/'.join(config.parts[-2:])
        done = rows.get(name)
        if args.names not in name or name in args.fatal or (done and not (args.again and done['works'] != 'decoder')):
            continue
        with path.open('a') as file:
            file.write(json.dumps(dict(config=name, works='no', why={'all': 'the process died'})) + '\n')
        others = {key: one for key, one in rows.items() if one['works'] == 'decoder' or not args.again}
        row = rows[name] = try_config(config, args.seconds, args.most_parameters, others)
        with path.open('a') as file:
            file.write(json.dumps(row) + '\n')
        print(name, row['works'], row['why'], row['seconds'], flush=True)


def main() -> None:
    """Starts a process for each library, and another where one dies."""
    args = parse()
    if args.worker:
        work(args)
        return
    ROWS.mkdir(exist_ok=True)
    for library in args.library or ['mmseg', 'mmdet']:
        command = [sys.executable, '-W', 'ignore', '-m', __package__, *sys.argv[1:], '--worker', library]
        while subprocess.run(command, check=False).returncode:
            fatal = json.loads((ROWS / f'{library}.jsonl').read_text().splitlines()[-1])['config']
            if fatal in command:  # it died before any config
                sys.exit(f'no process of {library} comes to a config that has not been tried')
            print(f'the process died of {fatal}; another goes on', flush=True)
            command += ['--fatal', fatal]


if __name__ == '__main__':
    main()
