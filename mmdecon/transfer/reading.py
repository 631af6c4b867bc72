"""Reads what is to be compared from a config file, and checks it before anything runs."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from mmengine.config import Config

from .rates import read_rates
from .settings import Launcher, Protocol, Settings, Start, Tune

T = TypeVar('T')


def read_settings(path: str, work_dir: str | None = None) -> Settings:
    """Reads a config file; its variables that begin with ``_`` are its own.

    Args:
        path: The file.
        work_dir: Instead of the one that it names.

    Raises:
        ValueError: If it cannot be read, a key is unknown (the nearest is named) or missing, or a value cannot be.
    """
    if not Path(path).is_file():
        raise ValueError(f'there is no config at {path}')
    try:
        given = {key: value for key, value in Config.fromfile(path).to_dict().items() if not key.startswith('_')}
    except (ImportError, OSError, SyntaxError, NameError, KeyError) as error:
        raise ValueError(f'the config {path} cannot be read: {error}') from error
    given['rates'] = read_rates(given.get('rates') or [], 'rates')
    if work_dir or 'work_dir' in given:
        given['work_dir'] = Path(work_dir or given['work_dir'])
    for key, kind in (('starts', Start), ('protocols', Protocol)):
        given[key] = {
            name: _fill(kind, dict(part, name=name), f'{key}.{name}') for name, part in (given.get(key) or {}).items()
        }
    for key, one in (('tune', Tune), ('launcher', Launcher)):
        if given.get(key) is not None:
            given[key] = _fill(one, given[key], key)
    settings = _fill(Settings, given, '')
    _check(settings)
    return settings


def _fill(kind: type[T], given: Mapping[str, Any], place: str) -> T:
    """An object of a class of settings."""
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f'Known: {", ".join(sorted(known))}.'
            raise ValueError(f"{_at(place, key)}: nothing reads the key '{key}'. {hint}")
    try:
        made = kind(**given)
    except TypeError as error:
        missing = str(error).partition('argument')[2].lstrip('s: ')
        raise ValueError(f'{place or "the config"} lacks {missing}') from error
    if hasattr(made, 'check'):
        made.check(place)
    return made


def _check(settings: Settings) -> None:
    """Refuses settings that do not work together."""
    for key in ('starts', 'protocols', 'labels', 'seeds'):
        values = getattr(settings, key)
        if not values or len(set(values)) < len(values):
            raise ValueError(f'{key} is {list(values)}: give at least one, and each once')
    unknown = [name for name in settings.baselines if name not in settings.starts]
    if unknown:
        raise ValueError(f'baselines names {unknown[0]!r}, which is none of the starts {list(settings.starts)}')
    for start in settings.starts.values():
        if len(settings.rates_of(start)) > 1 and settings.tune is None:
            raise ValueError(
                f'starts.{start.name} has {len(settings.rates_of(start))} rates and nothing chooses: give one, or tune'
            )


def _at(place: str, key: str) -> str:
    return f'{place}.{key}' if place else str(key)
