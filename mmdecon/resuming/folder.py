"""The checkpoints of a work folder."""

import os
import re
from collections.abc import Mapping
from typing import Any

from mmengine.logging import print_log

TEMPLATES = ('epoch_{}.pth', 'iter_{}.pth')


def find_checkpoint(cfg: Mapping[str, Any]) -> str | None:
    """The checkpoint that ``--resume`` goes on from.

    mmengine believes its file ``last_checkpoint``, which may name a path from before the folder was moved or copied.
    Where that file is missing, mmengine starts afresh over the checkpoints that are there.

    Args:
        cfg: ``work_dir`` and ``default_hooks.checkpoint`` of it.

    Returns:
        A path in the folder where the run of this config saves, or None if there is no checkpoint yet.

    Raises:
        ValueError: If there are checkpoints, but not which is the last one, or that one is gone.
    """
    pointer = os.path.join(cfg['work_dir'], 'last_checkpoint')
    folder, names = checkpoint_folder(cfg), saved_names(cfg)
    there = f'{folder} holds {_some(names)}'
    if not os.path.isfile(pointer):
        if names:
            raise ValueError(
                f'{there}, but {pointer}, which says which is the last whole one, is missing; --resume '
                f'{os.path.join(folder, names[-1])} goes on from the newest, another --work-dir starts anew'
            )
        return None
    with open(pointer, encoding='utf-8') as file:
        named = file.read().strip()
    if '://' in named:
        return named
    here = os.path.join(folder, os.path.basename(named))
    if not os.path.isfile(here):
        raise ValueError(f'{pointer} names {named}, which is not in {folder}; {there}: choose one with --resume FILE')
    if os.path.realpath(named) != os.path.realpath(here):
        print_log(f'{pointer} names {named}, from before the folder was moved or copied; {here} is taken', 'current')
    return here


def refuse_overwriting(cfg: Mapping[str, Any]) -> None:
    """Refuses to start anew in a folder that holds an earlier run's checkpoints.

    Args:
        cfg: ``work_dir`` and ``default_hooks.checkpoint`` of it.

    Raises:
        ValueError: If there are any; says what can be done.
    """
    names = saved_names(cfg)
    if names:
        raise ValueError(
            f'{checkpoint_folder(cfg)} holds {_some(names)} of an earlier run, which a new one would overwrite; '
            '--resume goes on with that run, another --work-dir keeps both, --overwrite starts anew there'
        )


def saved_names(cfg: Mapping[str, Any]) -> list[str]:
    """Names of the checkpoints where the run of this config saves, the oldest first."""
    folder, hook = checkpoint_folder(cfg), _checkpoint_hook(cfg)
    if not os.path.isdir(folder):
        return []
    templates = {*TEMPLATES, hook.get('filename_tmpl') or TEMPLATES[0]}
    patterns = [re.compile(re.escape(template).replace(r'\{\}', r'(\d+)')) for template in templates]
    found = {}
    for name in os.listdir(folder):
        for match in filter(None, (pattern.fullmatch(name) for pattern in patterns)):
            found[name] = int(match[1])
    return sorted(found, key=lambda name: (found[name], name))


def _checkpoint_hook(cfg: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config of what saves; empty where the config says nothing."""
    return (cfg.get('default_hooks') or {}).get('checkpoint') or {}


def checkpoint_folder(cfg: Mapping[str, Any]) -> str:
    """Where mmengine saves: the work folder, or the folder of its name in ``out_dir``."""
    work_dir, out_dir = cfg['work_dir'], _checkpoint_hook(cfg).get('out_dir')
    if not out_dir or out_dir == work_dir:
        return work_dir
    return os.path.join(out_dir, os.path.basename(work_dir.rstrip(os.sep)))


def _some(names: list[str]) -> str:
    """Names a few of the files."""
    return ', '.join(names[:2]) + (f', ... {names[-1]}' if len(names) > 2 else '') if names else 'no checkpoint'
