"""Reading and writing checkpoints: without running what a stranger packed into one, and whole or not at all."""

import json
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pickle import UnpicklingError
from pickletools import genops
from typing import Any

import torch

from .addresses import local_file, resolve, scheme_of
from .compat import require
from .files import writing
from .provenance import KEY, require_as_exported

SAFE = '.safetensors'
FOREIGN = re.compile('Unsupported (global|class)|GLOBAL')  # of torch, on what it will not unpickle


def load_file(path: str, place: str = '') -> dict[str, Any]:
    """Reads a checkpoint with ``weights_only=True``, or one of safetensors.

    Args:
        path: A path, or an address that :func:`~mmdecon.addresses.local_file` knows, such as ``torchvision://resnet18``
            or a URL; ``.safetensors`` needs the package of that name.
        place: What names it, such as a key of a config, for messages.

    Returns:
        The checkpoint; a bare state dict comes as ``dict(state_dict=...)``.

    Raises:
        FileNotFoundError: If there is no such file.
        ModuleNotFoundError: If safetensors is needed and not installed.
        OSError: If it cannot be read or downloaded.
        ValueError: If it is no checkpoint, was cut off, holds more than tensors and plain values, or is an export whose
            tensors were changed.
    """
    name = f'{path} ({place})' if place else path
    with local_file(path) as local:
        is_safe = path.endswith(SAFE) or local.endswith(SAFE)
        content = _read(local, name, _load_safetensors if is_safe else _load)
    if not isinstance(content, dict):
        raise ValueError(f'{name} holds a {type(content).__name__}, not a checkpoint')
    content = content if 'state_dict' in content else dict(state_dict=content)
    if not isinstance(content['state_dict'], dict):
        raise ValueError(f'{name} holds no state dict but a {type(content["state_dict"]).__name__}')
    require_as_exported(content, name)
    if scheme_of(path) == 'mmcls':  # which names classifiers, and means their backbones
        state = {k.removeprefix('backbone.'): v for k, v in content['state_dict'].items() if k.startswith('backbone.')}
        content = dict(state_dict=state)
    return content


def require_whole(path: str, place: str) -> None:
    """Refuses a checkpoint that mmengine is going to read if it is not there, cannot be downloaded, or was cut off.

    Args:
        path: A path or an address; those of back ends other than the web are not looked at.
        place: What names it, for the message.

    Raises:
        OSError: If it cannot be read or downloaded.
        ValueError: If there is no file, or no whole one. What is in it beside tensors does not matter.
    """
    if scheme_of(resolve(path)) not in ('', 'http', 'https'):
        return
    with local_file(path) as local:
        if not os.path.isfile(local):
            raise ValueError(f'{place} is {path!r}, where there is no checkpoint; give the path of one')
        if path.endswith(SAFE):
            raise ValueError(
                f'{place} is {path!r}: mmengine reads no safetensors; give a file of torch.save, such as an export '
                'whose OUT ends in .pth'
            )
        with suppress(ForeignCheckpoint):
            if not _has_contents(local):
                _read(local, f'{path} ({place})', _load)


class ForeignCheckpoint(ValueError):
    """A checkpoint that holds more than tensors and plain values."""


def _read(local: str, name: str, load: Callable[[str], Any]) -> Any:
    """Reads a local file; errors name what it was fetched from, and by which key."""
    if not os.path.isfile(local):
        raise FileNotFoundError(f'no checkpoint at {name}')
    try:
        with open(local, 'rb') as file:
            file.read(1)
    except OSError as error:
        raise OSError(f'{name} cannot be read: {error.strerror}') from error
    try:
        return load(local)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # torch raises about any, IndexError for instance, at what is cut off
        reason = _reason(error)
        is_whole = _has_contents(local) or (FOREIGN.search(reason) and _has_pickles(local))
        if isinstance(error, UnpicklingError) and is_whole:
            raise ForeignCheckpoint(
                f'{name} cannot be read as a checkpoint of tensors and plain values ({reason}). A checkpoint of '
                'mmengine can where the run had mmdecon.PlainCheckpoint in custom_hooks.'
            ) from error
        raise ValueError(f'{name} cannot be read as a checkpoint: {_damage(local, reason)}; take another') from error


def _has_contents(path: str) -> bool:
    """Whether a file is an archive of torch, its table of contents at the end included."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith('/data.pkl') for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _has_pickles(path: str) -> bool:
    """Whether the head of a file of old versions of torch, three pickles before the content's, is whole."""
    try:
        with open(path, 'rb') as file:
            return all(sum(1 for _ in genops(file)) for _ in range(4))
    except ValueError:
        return False


def _load(path: str) -> Any:
    return torch.load(path, map_location='cpu', weights_only=True)


def _load_safetensors(path: str) -> dict[str, Any]:
    """Tensors, and what mmdecon wrote about them into the file's metadata, which is text."""
    from safetensors import safe_open  # comes with timm, whose files need it

    with safe_open(path, 'pt') as file:
        state, texts = {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    return dict(state_dict=state, meta={KEY: json.loads(texts[KEY])} if KEY in texts else {})


def _reason(error: Exception) -> str:
    """The first sentence of an error; torch's on what it will not unpickle comes after advice that is not for here."""
    lines = str(error).partition('WeightsUnpickler error: ')[2] or str(error)
    return next(iter(lines.strip().splitlines()), type(error).__name__).partition('. ')[0]


def _damage(local: str, reason: str) -> str:
    """What is wrong with a file that is no checkpoint."""
    size = os.path.getsize(local)
    if not size:
        return 'it is empty (0 bytes)'
    with open(local, 'rb') as file:
        is_archive = file.read(2) == b'PK'
    if is_archive and not zipfile.is_zipfile(local):
        return f'it was cut off while it was written or copied, after {size} bytes'
    return f'it is no checkpoint, or is damaged ({reason})'


def save_file(content: dict[str, Any], path: str) -> None:
    """Writes a checkpoint, whole or not at all.

    Args:
        content: Of the checkpoint.
        path: The file; its folder is made.

    Raises:
        OSError: If the disk is full.
    """
    with writing(path) as temporary, open(temporary, 'wb') as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())


def save_safetensors(state: Mapping[str, torch.Tensor], about: Mapping[str, Any], path: str) -> None:
    """Writes tensors as a file of safetensors, whole or not at all.

    Args:
        state: Tensors by name.
        about: What is told of them, plain values, which becomes text in the file's metadata.
        path: The file; its folder is made.

    Raises:
        ModuleNotFoundError: If safetensors is not installed.
        OSError: If the disk is full.
    """
    require('safetensors')
    from safetensors.torch import save

    apart = {name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in state.items()}
    content = save(apart, {'format': 'pt', KEY: json.dumps(about)})
    with writing(path) as temporary, open(temporary, 'wb') as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
