"""The downstream model that a config describes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..compat import require
from ..export.source import read_config
from ..shipped import LIBRARIES, find_config

WRAPPED = ('detector', 'segmentor', 'architecture')
"""Where models that hold another model (semi-supervised learning, tracking, distillation) keep it."""


@dataclass(frozen=True)
class Downstream:
    """A model that will be fine-tuned.

    Attributes:
        path: Its config file.
        layout: The layout that an export for it has, the name of its library.
        model: Config of the model.
        imports: ``custom_imports`` of the config, or None.
        resumes: Whether the config says that its training goes on from a checkpoint.
        load_from: The checkpoint that the config loads, which the pre-trained file replaces.
    """

    path: str
    layout: str
    model: Mapping[str, Any]
    imports: Mapping[str, Any] | None
    resumes: bool = False
    load_from: str | None = None

    def part(self, name: str) -> list[dict[str, Any]]:
        """Configs of a part of the model, such as ``'neck'``, in the order in which they run; none if it has none.

        Args:
            name: Of the model's argument.

        Raises:
            ValueError: If it is no dict with a type, nor a list of such.
        """
        found = self.model.get(name) or []
        parts = found if isinstance(found, (list, tuple)) else [found]
        wrong = [part for part in parts if not isinstance(part, Mapping) or 'type' not in part]
        if wrong:
            raise ValueError(f'{self.path}, model.{name}: {wrong[0]!r} is no dict with a type')
        return [self.scoped(part) for part in parts]

    def scoped(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A config whose type begins with its library's name."""
        kind, scope = config['type'], config.get('_scope_', self.layout)
        named = isinstance(kind, str) and '.' not in kind
        return {**_plain(config), 'type': f'{scope}.{kind}' if named else kind}


def read_downstream(name: str) -> Downstream:
    """Reads a downstream config.

    Args:
        name: As :func:`find_config` takes it.

    Raises:
        ModuleNotFoundError: If its library is not installed.
        ValueError: If there is no such config, it has no backbone, or belongs to none of :data:`LIBRARIES`.
    """
    path = str(find_config(name))
    config = read_config(path)
    model = config.model
    library = str(config.get('default_scope') or '')
    if library not in LIBRARIES:
        raise ValueError(
            f'{path} has default_scope={library!r}: set it to the library of the model, one of {", ".join(LIBRARIES)}'
        )
    require(library)
    if not isinstance(model, Mapping):
        raise ValueError(f'{path} has model={model!r}: give a dict of its parts')
    if not model.get('backbone'):
        inner = next((key for key in WRAPPED if key in model), None)
        hint = f': its model.{inner} is the model to fine-tune first; give the config of that one' if inner else ''
        raise ValueError(f'the model of {path}, a {model.get("type")}, has no backbone to pre-train{hint}')
    preprocessor = config.get('data_preprocessor')
    if preprocessor is not None and 'data_preprocessor' not in model:  # as mmengine's runner has it
        model = {**model, 'data_preprocessor': preprocessor}
    given = dict(imports=config.get('custom_imports'), load_from=config.get('load_from'))
    return Downstream(path, library, _plain(model), resumes=bool(config.get('resume')), **given)


def _plain(value: Any) -> Any:
    """A config's value as plain dicts and lists."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return value
