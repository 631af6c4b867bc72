"""What the command line tools share: their arguments, and the config these make.

An argument that cannot work ends the program with one sentence before any work starts.
"""

import os
from argparse import ArgumentParser, Namespace
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from .checkpoint import require_whole
from .clashes import UNREAD, refuse_clashes
from .option_keys import refuse_unknown_keys
from .path_options import OptionsAction
from .refusal import refuse
from .shipped import find_config

# Keys of a config that mmengine reads when it runs. Others are variables of the file, spent once it has been read.
RUNNER_KEYS = {*signature(Runner.__init__).parameters, 'runner_type', 'strategy', *UNREAD} - {'self', 'cfg'}


def common_parser(description: str) -> ArgumentParser:
    """Makes a parser of the arguments that every tool running a config takes.

    Args:
        description: What the tool does.

    Returns:
        A parser of CONFIG, ``--work-dir``, ``--cfg-options``, ``--launcher`` and ``--local-rank``.
    """
    parser = ArgumentParser(description=description)
    parser.add_argument('config', help='a config file, or the name of one that mmseg or mmdet ships')
    parser.add_argument('--work-dir', help='where logs and checkpoints go (default: work_dirs/NAME OF THE CONFIG)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=OptionsAction,
        default={},
        metavar='KEY=VALUE',
        help="values that replace the config's",
    )
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='who starts the processes'
    )
    # torch.distributed.launch, which mim uses, passes one or the other by its version.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='set by the launcher')
    return parser


def load_config(args: Namespace) -> Config:
    """Reads the config and puts the common arguments into it.

    Args:
        args: Parsed by a parser of ``common_parser``.

    Returns:
        The config, with ``work_dir`` and ``launcher`` set.

    Raises:
        SystemExit: If there is no such file, it cannot be read, an option names no key that anything reads, or keys
            do not work together.
    """
    args.config = shipped_or_file(args.config)
    try:
        cfg = Config.fromfile(args.config)
    except Exception as fault:  # a config is a program
        refuse(f"the config '{args.config}' cannot be read: {type(fault).__name__}: {fault}")
    override(cfg, args.cfg_options)
    cfg.launcher = args.launcher
    refuse_unknown_keys(cfg)
    refuse_clashes(cfg)
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or os.path.join('work_dirs', Path(args.config).stem)
    return cfg


def shipped_or_file(name: str) -> str:
    """Finds a config.

    Args:
        name: As :func:`~mmdecon.shipped.find_config` takes it.

    Returns:
        Its path.

    Raises:
        SystemExit: If there is none, or several shipped ones have the name.
    """
    try:
        return str(find_config(name))
    except ValueError as fault:
        refuse(f'{fault}.')


def require_config(path: str) -> None:
    """Refuses a config file that is not there.

    Args:
        path: Of the file.

    Raises:
        SystemExit: If so.
    """
    if not Path(path).is_file():
        refuse(f"there is no config file '{path}'; give the path of a .py file such as those in configs/.")


def override(cfg: Config, options: dict[str, Any]) -> None:
    """Replaces values of a config, in place.

    Args:
        cfg: The config.
        options: From dotted keys (``optim_wrapper.optimizer.lr``) to values.

    Raises:
        SystemExit: If a key starts with a name that nothing reads, or goes through something that is no dict or list.
    """
    for key in options:
        name = key.partition('.')[0]
        if name in RUNNER_KEYS:
            continue
        if name in cfg:
            refuse(
                f"--cfg-options {key}: '{name}' is a variable of the config file, used up when the file was read; "
                'set the keys that were made from it, which the log of a run prints.'
            )
        near = get_close_matches(name, RUNNER_KEYS, 1)
        refuse(
            f"--cfg-options {key}: nothing reads the key '{name}'." + (f" Did you mean '{near[0]}'?" if near else '')
        )
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError) as fault:
        refuse(f'--cfg-options {" ".join(options)}: {fault.args[0]}')


def require_checkpoint(path: str, place: str) -> str:
    """Refuses a checkpoint that is not there, is not whole, or cannot be downloaded.

    Args:
        path: A file, or an address that mmengine loads from (``https://...``).
        place: What names it, for the message.

    Returns:
        The path.

    Raises:
        SystemExit: If so.
    """
    if '://' not in path and not Path(path).is_file():
        refuse(f"there is no checkpoint '{path}'.")
    try:
        require_whole(path, place)
    except (OSError, ValueError) as fault:
        refuse(f'{fault}.')
    return path


def build_runner(cfg: Config) -> Runner:
    """Builds the runner that a config asks for.

    Args:
        cfg: The config.

    Returns:
        mmengine's, or the one named by ``runner_type``.
    """
    cfg.setdefault('env_cfg', {})  # without it, FlexibleRunner does not start
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
