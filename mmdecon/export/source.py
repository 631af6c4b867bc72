"""What an export starts from: the network of a checkpoint, and downstream configs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..checkpoint import load_file
from ..config_text import read_config_text
from ..models.decon import build_network
from ..models.network import Network
from ..models.twin import STUDENT, TEACHER


@dataclass(frozen=True)
class Source:
    """A pre-trained network, rebuilt from its checkpoint.

    Attributes:
        network: With the weights of one half, in eval mode.
        config: The model's config.
        half: ``'student'`` or ``'teacher'``.
        meta: The checkpoint's ``meta``.
        path: Of the checkpoint.
    """

    network: Network
    config: Mapping[str, Any]
    half: str
    meta: Mapping[str, Any]
    path: str


def read_source(path: str, half: str = TEACHER, config: str | None = None) -> Source:
    """Rebuilds the network of a checkpoint, with the weights of a half.

    Args:
        path: A checkpoint of a DeCon run.
        half: ``'teacher'`` or ``'student'``.
        config: The run's config file; by default the config in the checkpoint, which is read without executing it.

    Raises:
        ValueError: If it is no checkpoint of DeCon, its weights do not fit its config, or they are not finite.
    """
    if half not in (STUDENT, TEACHER):
        raise ValueError(f'half is {half!r}, must be {STUDENT!r} or {TEACHER!r}')
    checkpoint = load_file(path)
    found = checkpoint.get('meta')
    meta: dict[str, Any] = found if isinstance(found, dict) else {}
    if config is None and 'cfg' not in meta:
        raise ValueError(f"{path} is no checkpoint of an mmdecon run: it holds no config. Give the run's by --config.")
    model = read_config(config)['model'] if config else read_config_text(meta['cfg']).get('model', {})
    if str(model.get('type', '')).rpartition('.')[2] != 'DeCon':
        raise ValueError(f'{path} is a checkpoint of a {model.get("type")}, not of a DeCon: there is nothing to export')
    half = STUDENT if model.get('shared') else half
    prefix = f'network.{half}.'
    weights = {k[len(prefix) :]: v for k, v in checkpoint['state_dict'].items() if k.startswith(prefix)}
    network = build_source(model, path)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:3]]
        raise ValueError(f'the weights in {path} do not fit its config: {" ".join(lines)}') from error
    broken = [name for name, value in weights.items() if not value.isfinite().all()]
    if broken:
        raise ValueError(f'{path}: {broken[0]} is not finite, the run diverged; export an earlier checkpoint')
    return Source(network.eval(), model, half, meta, path)


def build_source(model: Mapping[str, Any], path: str) -> Network:
    """Builds the network of a pre-training config, without the weights that its encoder starts from.

    Args:
        model: The config's model.
        path: Where it stands.

    Raises:
        ValueError: If it cannot be built.
    """
    with refusing(f'the network of {path}', 'built'):
        return build_network(_without_init(model['network']), model['branches'])


def read_config(path: str) -> Config:
    """Reads a config file that has a model.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or has no model.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no config at {path}')
    try:
        config = Config.fromfile(path)
    except Exception as error:  # a config is a program
        reason = next(iter(str(error).splitlines()), '').partition(', the current sys.path')[0]
        hint = '; PYTHONPATH must name the folder of its modules' if isinstance(error, ImportError) else ''
        raise ValueError(f'the config {path} cannot be read: {type(error).__name__}: {reason}{hint}') from error
    if 'model' not in config:
        raise ValueError(f'the config {path} has no model')
    return config


@contextmanager
def refusing(subject: str, verb: str) -> Iterator[None]:
    """Says in one sentence that a model which somebody else configured does not work.

    Args:
        subject: What does not work, and where it comes from.
        verb: What was tried, such as ``'built'``.

    Raises:
        ValueError: If something inside raises an error of a wrong config.
    """
    try:
        yield
    except (AssertionError, ImportError, IndexError, KeyError, RuntimeError, TypeError) as error:
        reason = next(iter(str(error).splitlines()), '')[:200]
        raise ValueError(f'{subject} cannot be {verb}: {type(error).__name__}: {reason}') from error


def _without_init(network: Mapping[str, Any]) -> dict[str, Any]:
    """A network's config without the file that its encoder started from, which need not exist here."""
    encoder = {key: value for key, value in network['encoder'].items() if key != 'init_cfg'}
    return {**network, 'encoder': encoder}
