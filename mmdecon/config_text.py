"""Configs in checkpoints, read without running what a stranger wrote into one."""

import ast
from typing import Any


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
