"""ResNets deeper than mmpretrain's."""

from mmpretrain.models.backbones.resnet import Bottleneck, ResNet

from ..registry import MODELS


@MODELS.register_module()
class DeepResNet(ResNet):
    """mmpretrain's ResNet, of 200 layers too (3, 24, 36 and 3 bottlenecks), as in DetCon's capacity rows (2103.10957).

    Parameters have mmpretrain's names. No other OpenMMLab package has this depth: exports for mmpretrain, mmseg and
    mmdet keep the type, so that the library which reads them needs mmdecon
    (``custom_imports=dict(imports=['mmdecon'])``).

    Args:
        depth: 18, 34, 50, 101, 152 or 200.
        **kwargs: Those of ``mmpretrain.ResNet``.
    """

    arch_settings = {**ResNet.arch_settings, 200: (Bottleneck, (3, 24, 36, 3))}
