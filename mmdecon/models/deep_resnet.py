"""ResNets deeper than mmpretrain's."""

from mmpretrain.models.backbones.resnet import Bottleneck, ResNet

from ..registry import MODELS


@MODELS.register_module()
class DeepResNet(ResNet):
    """mmpretrain's ResNet, of 200 layers too (3, 24, 36 and 3 bottlenecks), as in DetCon's capacity rows (2103.10957).

    Parameters have mmpretrain's names. Neither mmseg's nor mmdet's ResNet has this depth, so exports keep type and
    names: the config that reads one names ``mmdecon.DeepResNet`` as its backbone, with
    ``custom_imports=dict(imports=['mmdecon'])``.

    ``depth`` is 18, 34, 50, 101, 152 or 200; the other arguments are those of ``mmpretrain.ResNet``.
    """

    arch_settings = {**ResNet.arch_settings, 200: (Bottleneck, (3, 24, 36, 3))}
