"""What the projects' scripts share: their arguments, where data lie, and commands that run once.

Everything is run at the top of the clone.
"""

import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT / os.environ.get('MMDECON_SHARED', '../shared')
"""Folder of what is too large for the repository: ``data`` and ``wheels``. A relative path starts at the clone."""

DONE = '.done'  # in the folder of a finished run: its command


def make_parser(description: str, out: str, seeds: bool = False) -> ArgumentParser:
    """Makes a parser of the arguments that all projects with long runs take.

    Args:
        description: What the project does.
        out: Default of ``--out``.
        seeds: Whether it repeats its runs with several seeds.
    """
    parser = ArgumentParser(description=description)
    parser.add_argument('--data', type=Path, default=SHARED / 'data', help='folder of the data sets (%(default)s)')
    parser.add_argument('--out', type=Path, default=Path(out), help='folder to write to (default: %(default)s)')
    if seeds:
        parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2], help='one run of each (default: 0 1 2)')
    parser.add_argument('--dry-run', action='store_true', help='print the commands instead of running them')
    return parser


class Commands:
    """Runs commands one after the other, and prints each. What a former start has finished is not run again.

    Args:
        dry: Whether to print alone.
    """

    def __init__(self, dry: bool = False) -> None:
        self.dry = dry

    def python(self, *words: object) -> None:
        """Runs Python with some arguments.

        Args:
            words: A script, or ``-m`` and a module, and what it takes.

        Raises:
            subprocess.CalledProcessError: If it fails.
        """
        command = [sys.executable, *map(str, words)]
        print(shlex.join(['python', *command[1:]]), flush=True)
        if not self.dry:
            subprocess.run(command, cwd=ROOT, check=True)

    def train(self, config: Path, work_dir: Path, options: dict[str, Any]) -> None:
        """Trains by a config, unless the same command has finished already.

        Args:
            config: Its path, relative to the clone.
            work_dir: Where logs and checkpoints go.
            options: As for ``--cfg-options``.
        """
        given = ['--cfg-options', *(f'{key}={value}' for key, value in options.items())] if options else []
        words = ['tools/train.py', str(config), '--work-dir', str(work_dir), *given]
        mark, text = ROOT / work_dir / DONE, shlex.join(words)
        if mark.is_file() and mark.read_text() == text:
            print(f'{work_dir} is finished', flush=True)
            return
        self.python(*words)
        if not self.dry:
            mark.write_text(text)


def data_roots(folder: Path) -> dict[str, Path]:
    """Options that point a fine-tuning config at its data set.

    Args:
        folder: The data set's.
    """
    return {f'{part}_dataloader.dataset.data_root': folder for part in ('train', 'val', 'test')}
