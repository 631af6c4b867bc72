"""What a folder of results was made with, so that nothing of other options is taken for it."""

import json
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ..checkpoint import require_whole
from ..export.source import read_config
from ..files import write_json, writing

NAME = 'made_with.json'
"""The record, beside the config."""
PRETRAINING = 'pretraining'
"""Folder of the training, beside the config, over which mmengine would write a dump of it."""


def has_begun(config: Path) -> bool:
    """Whether there are checkpoints.

    Args:
        config: Path of the config.
    """
    return any((config.parent / PRETRAINING).glob('*.pth'))


def is_finished(last: Path) -> bool:
    """Whether the last checkpoint is there as a whole: mmengine names it only then.

    Args:
        last: Its path.
    """
    pointer = last.parent / 'last_checkpoint'
    return last.is_file() and pointer.is_file() and Path(pointer.read_text().strip()).name == last.name


def was_edited(config: Path) -> bool:
    """Whether somebody changed a config after it was written.

    Args:
        config: Its path.
    """
    return config.is_file() and config.read_text() != _read(config).get('text')


def recorded(config: Path, option: str) -> Any:
    """An option of the run that a config was written for; None if nothing tells.

    Args:
        config: Its path.
        option: Its name.
    """
    return _read(config).get('options', {}).get(option)


def settle(config: Path, text: str, options: Mapping[str, Any]) -> None:
    """Writes a config, unless it is there; one that was edited stays.

    Args:
        config: Its path.
        text: What it is to hold.
        options: What the training is told beside it.

    Raises:
        ValueError: If there are checkpoints of another config or other options, or an edited config of others.
    """
    record = _read(config)
    change = _difference(record, text, options) if record else 'nothing tells which'
    if change and has_begun(config):
        raise ValueError(
            f'{config.parent / PRETRAINING} holds checkpoints of other options ({change}): give those, remove '
            f'{config.parent}, or name another --work-dir'
        )
    if change and was_edited(config):
        raise ValueError(
            f'{config} was edited, and is of other options ({change}): give those, remove it, or name another '
            '--work-dir'
        )
    if change or not config.is_file():
        with writing(config) as temporary:
            Path(temporary).write_text(text)
        write_json(config.parent / NAME, dict({} if change else record, text=text, options=dict(options)))


def require_length(config: Path, epochs: int) -> None:
    """Refuses a config that was edited to another length: the checkpoint to export would be looked for in vain.

    Args:
        config: Its path.
        epochs: Of the run that was asked for.

    Raises:
        ValueError: If so, or it cannot be read.
    """
    found = (read_config(str(config)).get('train_cfg') or {}).get('max_epochs')
    if found != epochs:
        raise ValueError(
            f'{config} was edited to train_cfg.max_epochs={found}, and --epochs is {epochs}: set it back; for another '
            'length remove the file, give --epochs, and edit the new one'
        )


def begin(config: Path, images: int) -> None:
    """Notes what the config holds when the training starts, or goes on.

    Args:
        config: Its path.
        images: How many there are.
    """
    write_json(config.parent / NAME, dict(_read(config), trained=config.read_text(), images=images))


def require_trained(config: Path, checkpoint: Path, images: int) -> None:
    """Refuses the last checkpoint of a config that was edited after the training, or of other images.

    Args:
        config: Its path.
        checkpoint: What the training ended with.
        images: How many there are.

    Raises:
        ValueError: If so.
    """
    record = _read(config)  # nothing began where the printed command was run by hand
    anew = f'remove {checkpoint.parent} to train anew, or export it as it is with tools/export.py'
    if config.read_text() != record.get('trained', record.get('text')):
        when = 'was trained before' if 'trained' in record else 'was trained, by hand, before or after'
        raise ValueError(f'{checkpoint} {when} {config} was edited: undo that, {anew}')
    before = record.get('images', images)
    if before != images:
        raise ValueError(f'{checkpoint} was trained on {before} images, here are {images}: give the same, {anew}')


def require_undamaged(last: Path) -> None:
    """Refuses a last checkpoint that was cut off, which would be exported in vain each time.

    Args:
        last: Its path.

    Raises:
        ValueError: If so; names the checkpoint before, where there is one.
    """
    others = [path for path in last.parent.glob('epoch_*.pth') if path != last]
    before = max(others, key=lambda path: path.stat().st_mtime_ns, default=None)
    remedy = f'train its epochs anew with the command above and --resume {before} instead of --resume'
    try:
        require_whole(str(last), 'the last checkpoint')
    except ValueError as error:
        raise ValueError(f'{error}; {remedy if before else f"remove {last.parent} to train anew"}') from error


def _read(config: Path) -> dict[str, Any]:
    """The record of a config; empty if there is none."""
    path = config.parent / NAME
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else {}
    except ValueError as error:
        raise ValueError(
            f'{path}, which tells what {config.parent} was made with, cannot be read: {error}; remove {config.parent}, '
            'or name another --work-dir'
        ) from error
    return found


def _difference(record: Mapping[str, Any], text: str, options: Mapping[str, Any]) -> str:
    """The first difference to a record; empty if there is none."""
    before = record['options']
    for name, value in options.items():
        if name in before and before[name] != value:
            return f'{name} {before[name]} there, {value} here'
    for theirs, ours in zip_longest(record['text'].splitlines(), text.splitlines(), fillvalue=''):
        if theirs != ours:
            return f'"{theirs.strip()}" there, "{ours.strip()}" here'
    return ''
