"""Reading and writing checkpoints: without running what a stranger packed into one, and whole or not at all."""

import ast
import os
import pickle
import tempfile
from typing import Any

import torch
from mmengine.fileio import get_local_path


def load_file(path: str) -> dict[str, Any]:
    """Reads a checkpoint with ``weights_only=True``, or one of safetensors.

    Args:
        path: A file, local or of a back end that mmengine knows; ``.safetensors`` needs the package of that name.

    Returns:
        The checkpoint; a bare state dict comes as ``dict(state_dict=...)``.

    Raises:
        FileNotFoundError: If there is no such file.
        ModuleNotFoundError: If safetensors is needed and not installed.
        ValueError: If it is no checkpoint, or holds more than tensors and plain values.
    """
    if '://' not in path and not os.path.isfile(path):
        raise FileNotFoundError(f'no checkpoint at {path}')
    try:
        with get_local_path(path) as local:
            content = _load_safetensors(local) if path.endswith('.safetensors') else _load(local)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f'{path} cannot be read as a checkpoint of tensors and plain values ({reason}). A checkpoint of '
            'mmengine can where the run had mmdecon.PlainCheckpoint in custom_hooks.'
        ) from error
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds a {type(content).__name__}, not a checkpoint')
    content = content if 'state_dict' in content else dict(state_dict=content)
    if not isinstance(content['state_dict'], dict):
        raise ValueError(f'{path} holds no state dict but a {type(content["state_dict"]).__name__}')
    return content


def _load(path: str) -> Any:
    return torch.load(path, map_location='cpu', weights_only=True)


def _load_safetensors(path: str) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError  # comes with timm, whose files need it
    from safetensors import torch as safetensors

    try:
        return safetensors.load_file(path)
    except SafetensorError as error:
        raise RuntimeError(f'safetensors: {error}') from error


def save_file(content: dict[str, Any], path: str) -> None:
    """Writes a checkpoint, whole or not at all."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix='.' + os.path.basename(path))
    os.close(handle)
    try:
        torch.save(content, temporary)
        os.replace(temporary, path)
    except BaseException:
        os.remove(temporary)
        raise


def read_config_text(text: str) -> dict[str, Any]:
    """Reads a config dumped by mmengine without executing it.

    Only assignments of literals and ``dict(...)`` calls are understood, which is all that a dump consists of.

    Args:
        text: What mmengine's ``Config.pretty_text`` gave, as in a checkpoint's ``meta['cfg']``.

    Raises:
        ValueError: If there is anything else in it.

    Examples:
        >>> read_config_text("model = dict(type='DeCon', depth=(1, 2))")
        {'model': {'type': 'DeCon', 'depth': (1, 2)}}
    """
    values = {}
    try:
        statements = ast.parse(text).body
    except (SyntaxError, TypeError) as error:
        raise ValueError(f'the config in the checkpoint cannot be read: {error}') from error
    for statement in statements:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise ValueError(f'line {statement.lineno} of the config in the checkpoint is not an assignment')
        values[statement.targets[0].id] = _evaluate(statement.value)
    return values


def _evaluate(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args:
        return {word.arg: _evaluate(word.value) for word in node.keywords}
    if isinstance(node, ast.Dict):
        return {_evaluate(key): _evaluate(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        kind = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return kind(_evaluate(item) for item in node.elts)
    if node is None:  # what dict(**{...}) unpacks
        raise ValueError('the config in the checkpoint unpacks a dict, which no dump does')
    return ast.literal_eval(node)
