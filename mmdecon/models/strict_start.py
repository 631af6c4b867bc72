"""A side of a network of two pre-trained networks (xNet): holds one of them and has it start from its own weights."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.model import BaseModule
from mmpretrain.models.backbones import TIMMBackbone as _TIMMBackbone
from torch import nn

from ..checkpoint import ForeignCheckpoint, load_file
from ..registry import MODELS
from .pretrained import Start, load_pretrained, take_starts


class StrictStart(BaseModule):
    """A module whose parts' ``init_cfg`` of type ``Pretrained`` are loaded strictly, and reported.

    mmseg's models would have mmengine load what happens to fit. In a DeCon network the network has taken them before,
    and loads as strictly.
    """

    def init_weights(self) -> None:
        """Initialises all parts, then loads what they start from.

        Raises:
            ValueError: If a tensor is missing, left over, or of another shape.
        """
        starts = take_starts(self, type(self).__name__)
        super().init_weights()
        for start in starts:
            load_pretrained(*start)


@MODELS.register_module()
class TIMMBackbone(StrictStart, _TIMMBackbone):
    """mmpretrain's class, loading timm's weights strictly and by timm's names, in models of mmseg and mmdet too.

    ``init_cfg`` of type ``Pretrained`` names a file of timm's.

    Args:
        freeze: Whether its weights stay as loaded, its norms use their statistics, and no gradient reaches it: to train
            a decoder alone. A frozen backbone must start from something: ``init_cfg``, or the model's ``load_from``.
        kwargs: As of mmpretrain's class.
    """

    def __init__(self, *, freeze: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.freeze = freeze
        if freeze:
            self.requires_grad_(False)

    def train(self, mode: bool = True) -> 'TIMMBackbone':
        """Switches to training, if it is not frozen.

        Args:
            mode: Whether to.
        """
        super().train(mode and not self.freeze)  # mmpretrain's returns None
        return self


def lenient_starts(model: nn.Module) -> Iterator[Start]:
    """The weights that mmengine will load by ``init_cfg`` of type ``Pretrained``, as far as they fit.

    Args:
        model: Built by mmengine, not initialised yet.

    Yields:
        Those of all parts but of strict ones, and of what stands in a :class:`StrictStart`.
    """
    strict = [name for name, part in model.named_modules() if isinstance(part, StrictStart)]
    for name, part in model.named_modules():
        if any(not owner or name == owner or name.startswith(f'{owner}.') for owner in strict):
            continue
        given = getattr(part, 'init_cfg', None)
        for config in given if isinstance(given, list) else [given]:
            if isinstance(config, dict) and config.get('type') == 'Pretrained':
                yield Start(part, config, f'model.{name}.init_cfg' if name else 'model.init_cfg')


def require_some_fit(start: Start) -> None:
    """Refuses weights of which mmengine would load nothing, and say so in a line of the log.

    Only local files of plain tensors are looked at.

    Args:
        start: Of :func:`lenient_starts`.

    Raises:
        ValueError: If no tensor has the name and shape of one of the module's.
    """
    path, prefix = start.config['checkpoint'], start.config.get('prefix') or ''
    prefix = f'{prefix}.' if prefix and not prefix.endswith('.') else prefix
    if not Path(path).is_file():
        return
    try:
        given: dict[str, Any] = load_file(path, start.place)['state_dict']
    except ForeignCheckpoint:
        return
    found = {name.removeprefix('module.')[len(prefix) :]: x for name, x in given.items() if _begins(name, prefix)}
    wanted = start.module.state_dict()
    if not any(name in found and getattr(found[name], 'shape', None) == x.shape for name, x in wanted.items()):
        raise ValueError(
            f'{start.place}: {path} holds nothing of {type(start.module).__name__}, which would start from scratch: '
            f'its tensors are named {_some(found or given)}, the module wants {_some(wanted)}; give another prefix or '
            "file, or take type='mmdecon.TIMMBackbone' for a classifier of timm's"
        )


def _begins(name: str, prefix: str) -> bool:
    return name.removeprefix('module.').startswith(prefix)


def _some(names: Any) -> str:
    return ', '.join(list(names)[:2]) + ', ...'
