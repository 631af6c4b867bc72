"""mmseg's decode heads as decoders."""

import inspect
from typing import Any, Dict, List, Mapping, Sequence, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS, build_foreign


@MODELS.register_module()
class SegHeadDecoder(BaseModule):
    """Any decode head of mmseg, without its classifier: levels -> one feature map.

    mmseg's heads end in ``cls_seg``: dropout, then the convolution ``conv_seg``. With an identity for the one and
    nothing for the other a head returns its feature map, and every parameter keeps the name under which mmseg will load
    it.

    Args:
        levels: The levels that exist, given by the network.
        head: Config of the head, such as ``mmseg.UPerHead``; ``in_channels``, ``in_index``, ``num_classes`` and, where
            the head takes them, ``feature_strides`` are filled in.
        inputs: Levels to read; one name, or several for heads that take several (UPerHead, FPNHead).
        level: Name of the level that it makes.

    Raises:
        ValueError: If a level to read does not exist.
    """

    def __init__(
        self, levels: Mapping[str, Any], head: Dict[str, Any], inputs: Union[str, Sequence[str]], level: str = 'out'
    ) -> None:
        super().__init__()
        self.inputs: List[str] = [inputs] if isinstance(inputs, str) else list(inputs)
        missing = [name for name in self.inputs if name not in levels]
        if missing:
            raise ValueError(
                f'a SegHeadDecoder reads level(s) {missing}, but only {sorted(levels)} exist at that point; change '
                'its inputs, or the order in model.network.decoder'
            )
        channels = [levels[name].channels for name in self.inputs]
        filled: Dict[str, Any] = dict(num_classes=3, in_channels=channels, in_index=list(range(len(channels))))
        if isinstance(inputs, str):
            filled.update(in_channels=channels[0], in_index=0)
        if 'feature_strides' in inspect.signature(MODELS.get(head['type'])).parameters:
            filled.update(feature_strides=[levels[name].stride for name in self.inputs])
        self.decode_head = build_foreign(head, **filled)
        self.decode_head.conv_seg = nn.Identity()
        self.decode_head.dropout = None
        self.names = [level]

    def forward(self, maps: Mapping[str, Tensor]) -> Dict[str, Tensor]:
        """Level -> map, from the maps so far to the new one."""
        return {self.names[0]: self.decode_head([maps[name] for name in self.inputs])}
