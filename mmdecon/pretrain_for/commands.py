"""Where results of ``tools/pretrain_for.py`` go, and the commands that make them."""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import NamedTuple

from ..refusal import refuse
from .plan import Plan
from .record import PRETRAINING


class Places(NamedTuple):
    """Where results go.

    Attributes:
        config: Of the pre-training.
        last: The checkpoint that it ends with.
        weights: The export.
        tools: Folder of train.py and export.py.
    """

    config: Path
    last: Path
    weights: Path
    tools: Path


def place(args: Namespace, downstream: str, tools: Path) -> Places:
    """Says where results go, by the name of the downstream config.

    Args:
        args: Of ``tools/pretrain_for.py``.
        downstream: Path of the downstream config.
        tools: Folder of train.py and export.py.
    """
    name = Path(downstream).stem
    folder = Path(args.work_dir or f'work_dirs/pretrain_for_{name}')
    last = folder / PRETRAINING / f'epoch_{args.epochs}.pth'
    return Places(folder / f'pretrain_for_{name}.py', last, folder / f'{name}_pretrained.pth', tools)


def train_command(args: Namespace, places: Places) -> list[str]:
    """The command that trains, and goes on where it was stopped.

    Args:
        args: Of ``tools/pretrain_for.py``.
        places: Where results go.
    """
    start = [sys.executable]
    if args.gpus > 1:
        start += ['-m', 'torch.distributed.run', f'--nproc_per_node={args.gpus}', '--standalone']
    tool = [str(places.tools / 'train.py'), str(places.config), '--work-dir', str(places.last.parent), '--resume']
    return [*start, *tool, *(['--launcher', 'pytorch'] if args.gpus > 1 else []), *(['--amp'] if args.amp else [])]


def export_command(plan: Plan, places: Places) -> list[str]:
    """The command that exports the last checkpoint, verified in the downstream model.

    Args:
        plan: What is pre-trained.
        places: Where results go.
    """
    target = ['--layout', plan.downstream.layout, '--part', plan.part, '--target', plan.downstream.path]
    return [sys.executable, str(places.tools / 'export.py'), str(places.last), str(places.weights), *target]


def make_folder(path: Path) -> None:
    """Makes the folder of results.

    Args:
        path: The folder.

    Raises:
        ValueError: If that cannot be.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f'--work-dir {path} cannot be made: {error.strerror}') from error


def carry_on(command: list[str], lock: int) -> None:
    """Runs a command, which holds the lock as long as it runs.

    Args:
        command: With its arguments.
        lock: Handle of the file that is locked.

    Raises:
        SystemExit: If it fails, which it has told itself, or the user stops it.
    """
    try:
        done = subprocess.run(command, check=False, pass_fds=(lock,))
    except KeyboardInterrupt:
        refuse('stopped; the same command goes on from the last checkpoint.')
    if done.returncode:
        sys.exit(done.returncode)
