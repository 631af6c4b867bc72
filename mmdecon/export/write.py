"""The file that an export becomes."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..addresses import local_file
from ..checkpoint import SAFE, load_file, save_file, save_safetensors
from ..compat import require
from ..files import require_writable
from ..provenance import KEY, TENSORS, code, file_digest, origin, require_as_exported, tensors_digest
from .layouts import get_layout
from .pieces import Export
from .source import Source


def require_destination(path: str, checkpoint: str) -> None:
    """Refuses to write where nothing can be written, or over the checkpoint itself.

    Args:
        path: The file to write.
        checkpoint: The checkpoint to export.

    Raises:
        ModuleNotFoundError: If it is a file of safetensors, which is not installed.
        ValueError: If so.
    """
    if path.endswith(SAFE):
        require('safetensors')
    require_writable(path, 'OUT')
    if Path(path).resolve() == Path(checkpoint).resolve():
        raise ValueError(f'{path} is the checkpoint itself, which the export would replace; name another file')


def write(source: Source, export: Export, path: str) -> None:
    """Writes an export, whole or not at all.

    Args:
        source: The pre-trained network.
        export: Verified.
        path: The file, of safetensors if it ends so; an existing one is replaced.
    """
    provenance = dict(
        exported_by=code(),
        trained_by=source.meta.get(KEY, {}),
        layout=export.layout,
        part=export.part,
        half=source.half,
        decoders=export.decoders,
        classifiers=export.classifiers,
        folded=export.folded,
        untrained=export.untrained,
        new=list(export.new),
        moves=[vars(move) for move in export.moves],
        left=dict(export.left),
        step=source.meta.get('iter'),
        epoch=source.meta.get('epoch'),
        config=source.meta.get('cfg') or Config(dict(model=source.config)).pretty_text,
        tensors_sha256=tensors_digest(export.state),
    )
    with local_file(source.path) as local:
        provenance['checkpoint_sha256'] = file_digest(local)
    if path.endswith(SAFE):
        save_safetensors(export.state, provenance, path)
        return
    keys = ('state_dict', *get_layout(export.layout).also_under)  # all of one storage
    save_file({**dict.fromkeys(keys, export.state), 'meta': {KEY: provenance}}, path)


def read_export(path: str) -> dict[str, Any]:
    """Reads an export.

    Args:
        path: The file.

    Returns:
        ``state_dict`` and ``meta['mmdecon']``.

    Raises:
        ValueError: If it is no export of mmdecon, or its tensors are not those that were written.
    """
    content = load_file(path)
    require_export(content, path)
    return content


def require_export(content: dict[str, Any], path: str) -> None:
    """Refuses a checkpoint that is no export of mmdecon, or was changed since.

    Args:
        content: The checkpoint.
        path: Its file, for the message.

    Raises:
        ValueError: If so.
    """
    if TENSORS not in origin(content):
        raise ValueError(f'{path} is no export of mmdecon; make one with tools/export.py')
    require_as_exported(content, path)
