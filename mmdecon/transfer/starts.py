"""The files that fine-tuning starts from: made once for each protocol, from checkpoints, exports or other weights."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..checkpoint import load_file, save_file
from ..export import check_fit, convert, get_layout, read_export, read_source, verify, write
from ..files import write_json
from ..models.pretrained import load_pretrained
from ..provenance import file_digest, tensors_digest
from .protocols import build_model, scope_of
from .settings import Protocol, Start


@dataclass(frozen=True)
class Ready:
    """A file to load.

    Attributes:
        path: For ``load_from``; None where nothing is loaded.
        held: Names of its tensors.
        sha256: Of names and tensors; empty where nothing is loaded.
        is_export: Whether it is an export of mmdecon.
    """

    path: str | None = None
    held: tuple[str, ...] = ()
    sha256: str = ''
    is_export: bool = False


def make_ready(start: Start, protocol: Protocol, cfg: Config, folder: Path) -> Ready:
    """Makes the file of a start for a protocol, unless it is there already.

    Args:
        start: What is started from.
        protocol: What the file has to fit.
        cfg: Its config, changed as the start says.
        folder: Where files are made.

    Raises:
        ValueError: If it does not fit the protocol's model.
    """
    if start.file is None:
        return Ready()
    path, note = folder / f'{start.name}.pth', folder / f'{start.name}.json'
    made_of = dict(
        asdict(start), config=cfg.pretty_text, file_sha256=file_digest(start.file), protocol=asdict(protocol)
    )
    made_of = json.loads(json.dumps(made_of))
    if not (path.is_file() and note.is_file() and json.loads(note.read_text()) == made_of):
        note.unlink(missing_ok=True)
        _make(start, protocol, cfg, path)
        write_json(note, made_of)
    state = load_file(str(path))['state_dict']
    return Ready(str(path.resolve()), tuple(state), tensors_digest(state), start.weights is None)


def _make(start: Start, protocol: Protocol, cfg: Config, path: Path) -> None:
    """Writes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    place, layout = f'starts.{start.name}', protocol.layout or scope_of(cfg)
    if start.checkpoint:
        target = path.with_suffix('.py')
        cfg.dump(target)
        source = read_source(start.checkpoint, start.half)
        export = convert(source, layout, start.part, start.decoders, start.fold_norm, str(target))
        verify(source, export, str(target))
        write(source, export, str(path))
    elif start.export:
        content = read_export(start.export)
        about: dict[str, Any] = content['meta']['mmdecon']
        absent = {key: about[key] for key in ('untrained', 'classifiers', 'new') if key in about}
        check_fit(content['state_dict'], build_model(cfg), get_layout(about.get('layout', layout)), **absent)
        save_file(content, str(path))
    else:
        model = build_model(cfg)
        part = dict(model.named_modules()).get(start.into)
        if part is None:
            raise ValueError(f'{place}.into is {start.into!r}, which is no part of the model of {protocol.config}')
        load_pretrained(part, dict(checkpoint=start.weights), f'{place}.weights')
        save_file(
            dict(state_dict={f'{start.into}.{key}': value for key, value in part.state_dict().items()}), str(path)
        )
