"""Configs without the files that parts of them start from."""

from collections.abc import Mapping
from typing import Any


def without_starts(config: Any) -> Any:
    """A config without the files that parts of it would start from, which need not exist here."""
    if isinstance(config, Mapping):
        kept = {key: value for key, value in config.items() if key != 'init_cfg' or not _is_start(value)}
        return {key: without_starts(value) for key, value in kept.items()}
    return [without_starts(value) for value in config] if isinstance(config, list) else config


def _is_start(config: Any) -> bool:
    return isinstance(config, Mapping) and config.get('type') == 'Pretrained'
