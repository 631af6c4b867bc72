"""Every decode head of mmseg and every neck of mmseg and mmdet: a small decoder with it, or why there is none.

The lists of classes come from the libraries' registries (:func:`classes`): a class without an entry fails the tests.
"""

from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Dict, List

from ..models import tiny

Config = Dict[str, Any]
BN = tiny.BN
ALL = ['c2', 'c3', 'c4', 'c5']
PYRAMID = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=BN))
VIT = dict(
    type='mmseg.VisionTransformer',
    img_size=64,
    patch_size=8,
    embed_dims=16,
    num_layers=4,
    num_heads=2,
    mlp_ratio=2,
    out_indices=(0, 1, 2, 3),
)
WIDE = dict(tiny.RESNET, base_channels=16)
FLAT = dict(tiny.RESNET, strides=(1, 1, 1, 1))  # all levels at stride 4


@dataclass(frozen=True)
class Entry:
    """A class's small decoder, or the reason for none.

    Attributes:
        decoder: Name -> config of the network's decoders; the last has the class. Empty if it does not work.
        level: The level that is pre-trained.
        remark: What to know; of a class that does not work, why.
        refusal: What the error says, of a class that is refused.
        encoder: The encoder's config.
        size: Side of images, in pixels.
        target: What the downstream backbone's config has besides.
        model: The type of the downstream model.
    """

    decoder: Config = field(default_factory=dict)
    level: str = 'out'
    remark: str = ''
    refusal: str = ''
    encoder: Config = field(default_factory=lambda: tiny.RESNET)
    size: int = 64
    target: Config = field(default_factory=dict)
    model: str = 'mmseg.EncoderDecoder'

    @property
    def works(self) -> bool:
        """Whether there is a decoder with it."""
        return bool(self.decoder) and not self.refusal


def classes(package: str) -> List[str]:
    """Names of the classes that a package's module registers as models, such as ``mmseg.models.necks``."""
    library = package.partition('.')[0]
    if find_spec(library) is None:
        return []
    import_module(package)
    registered = import_module(f'{library}.registry').MODELS.module_dict
    return sorted(name for name, kind in registered.items() if kind.__module__.startswith(package))


OWN = ('encoder', 'size', 'target', 'model', 'remark', 'refusal')


def head(name: str, inputs: Any = 'c5', **options: Any) -> Config:
    """A SegHeadDecoder: options of the decoder by their names, all others are the head's."""
    own = {key: options.pop(key) for key in ('level', 'classifier', 'previous', 'form') if key in options}
    options = dict(dict(channels=8, norm_cfg=BN), **options)
    options = {key: value for key, value in options.items() if value is not ...}
    return dict(type='mmdecon.SegHeadDecoder', inputs=inputs, head=dict(type=f'mmseg.{name}', **options), **own)


def one(name: str, inputs: Any = 'c5', /, **options: Any) -> Entry:
    """An entry of a head that is the only decoder."""
    own = {key: options.pop(key) for key in OWN if key in options}
    return Entry(dict(head=head(name, inputs, **options)), **own)


def neck(name: str, level: str, /, **options: Any) -> Entry:
    """An entry of a neck that is the only decoder."""
    own = {key: options.pop(key) for key in OWN if key in options}
    return Entry(dict(neck=necks(name, **options)), level, **own)


def necks(name: str, **options: Any) -> Config:
    """A NeckDecoder: options of the decoder by their names, all others are the neck's."""
    own = {key: options.pop(key) for key in ('inputs', 'prefix', 'names') if key in options}
    return dict(type='mmdecon.NeckDecoder', neck=dict(type=name, **options), **own)


QUERIES = 'classifies queries and their masks; there is no map before a classifier'
HEADS: Dict[str, Entry] = dict(
    ANNHead=one('ANNHead', ['c4', 'c5'], project_channels=4),
    APCHead=one('APCHead'),
    ASPPHead=one('ASPPHead', dilations=(1, 2, 3)),
    CCHead=one('CCHead', remark="needs mmcv's compiled ops"),
    DAHead=one('DAHead', pam_channels=4, remark='its auxiliary classifiers are new downstream too'),
    DDRHead=one(
        'DDRHead',
        form='map',
        remark="`form='map'`; its auxiliary head, which DDRNet's other map feeds, is new downstream",
    ),
    DepthwiseSeparableASPPHead=one(
        'DepthwiseSeparableASPPHead',
        ['c2', 'c5'],
        in_index=1,
        c1_channels=4,
        dilations=(1, 2),
        remark='`in_index` tells which level ASPP reads; the first is its low level',
    ),
    DepthwiseSeparableFCNHead=one('DepthwiseSeparableFCNHead', num_convs=2),
    DMHead=one('DMHead', filter_sizes=(1, 3)),
    DNLHead=one('DNLHead'),
    DPTHead=one(
        'DPTHead',
        ALL,
        embed_dims=16,
        post_process_channels=[4, 4, 8, 8],
        input_transform='multiple_select',
        form='pairs',
        encoder=VIT,
        target=dict(output_cls_token=True),
        remark="`form='pairs'`, `readout_type='ignore'`; for encoders of one width (ViT), or behind a neck",
    ),
    EMAHead=one('EMAHead', ema_channels=8, num_bases=4, num_stages=2),
    EncHead=one('EncHead', ['c4', 'c5'], num_codes=4, add_lateral=True, remark='its SE layer is new downstream too'),
    FCNHead=one('FCNHead'),
    FPNHead=Entry(dict(neck=PYRAMID, head=head('FPNHead', ['p2', 'p3', 'p4', 'p5'])), remark='behind a neck'),
    GCHead=one('GCHead'),
    ISAHead=one('ISAHead', isa_channels=4, down_factor=(2, 2)),
    IterativeDecodeHead=one(
        'IterativeDecodeHead',
        classifier='kernel_generate_head.conv_seg',
        channels=...,
        norm_cfg=...,
        num_stages=1,
        kernel_generate_head=dict(type='mmseg.FCNHead', channels=8, norm_cfg=BN),
        kernel_update_head=[
            dict(
                type='KernelUpdateHead',
                num_classes=3,
                num_heads=2,
                num_mask_fcs=1,
                feedforward_channels=8,
                in_channels=8,
                out_channels=8,
                kernel_updator_cfg=dict(type='KernelUpdator', in_channels=8, feat_channels=8, out_channels=8),
            )
        ],
        remark="`classifier='kernel_generate_head.conv_seg'`: its generating head is pre-trained, its updates are new",
    ),
    LightHamHead=one('LightHamHead', ['c3', 'c4', 'c5'], ham_channels=8, ham_kwargs=dict(MD_R=4)),
    LRASPPHead=one(
        'LRASPPHead',
        ['c2', 'c3', 'c4'],
        branch_channels=(4, 4),
        input_transform='multiple_select',
        encoder=FLAT,
        size=200,
        remark='pools windows of 49 cells: its coarsest level must have as many',
    ),
    NLHead=one('NLHead'),
    OCRHead=Entry(
        dict(
            regions=head('FCNHead', 'c5', level='regions'),
            head=head('OCRHead', 'c5', ocr_channels=4, previous='regions'),
        ),
        model='mmseg.CascadeEncoderDecoder',
        remark='`previous` names the level of a head before it, whose channels take the place of class scores',
    ),
    PIDHead=one(
        'PIDHead', form='map', remark="`form='map'`; its P and D heads, which PIDNet's other maps feed, are new"
    ),
    PSAHead=one('PSAHead', mask_size=(2, 2), shrink_factor=1, remark="needs mmcv's compiled ops"),
    PSPHead=one('PSPHead', pool_scales=(1, 2)),
    SegformerHead=one('SegformerHead', ALL),
    SETRMLAHead=Entry(
        dict(
            neck=necks('mmseg.MLANeck', out_channels=8, names=['m2', 'm3', 'm4', 'm5'], norm_cfg=BN),
            head=head('SETRMLAHead', ['m2', 'm3', 'm4', 'm5'], channels=16, mla_channels=4),
        ),
        encoder=VIT,
        remark='levels of one size: a ViT, mostly behind MLANeck',
    ),
    SETRUPHead=one('SETRUPHead', num_convs=1),
    STDCHead=one('STDCHead', num_convs=1, concat_input=False),
    UPerHead=one('UPerHead', ALL, pool_scales=(1, 2)),
    VPDDepthHead=one(
        'VPDDepthHead',
        ALL,
        classifier='depth_pred_layer',
        channels=...,
        norm_cfg=...,
        embed_dim=16,
        feature_dim=128,
        num_deconv_layers=1,
        num_deconv_filters=(16,),
        encoder=WIDE,
        model='mmseg.DepthEstimator',
        remark="`classifier='depth_pred_layer'`; widths are multiples of 16",
    ),
    KernelUpdateHead=Entry(remark='no decode head, but a part of IterativeDecodeHead'),
    KernelUpdator=Entry(remark='no decode head, but a part of IterativeDecodeHead'),
    Mask2FormerHead=Entry(remark=QUERIES),
    MaskFormerHead=Entry(remark=QUERIES),
    PointHead=one(
        'PointHead',
        refusal='PointHead reads the output of another head|has no conv_seg',
        remark="refines another head's class scores at points; there is no map",
    ),
    SegmenterMaskTransformerHead=one(
        'SegmenterMaskTransformerHead',
        channels=8,
        norm_cfg=dict(type='LN'),
        num_layers=1,
        num_heads=2,
        embed_dims=8,
        refusal='SegmenterMaskTransformerHead has no conv_seg',
        remark='its classes are tokens of its transformer; there is no map before a classifier',
    ),
    SideAdapterCLIPHead=Entry(remark='reads the image, features of CLIP and embeddings of class names, not levels'),
)

P = ['p2', 'p3', 'p4', 'p5']
NECKS: Dict[str, Entry] = {
    'mmseg.Feature2Pyramid': neck('mmseg.Feature2Pyramid', 'p2', norm_cfg=BN, encoder=VIT, remark='of a ViT'),
    'mmseg.FPN': neck('mmseg.FPN', 'p2', out_channels=8, norm_cfg=BN),
    'mmseg.ICNeck': neck(
        'mmseg.ICNeck',
        'fused',
        inputs=['c3', 'c4', 'c5'],
        names=['low', 'mid', 'fused'],
        out_channels=8,
        norm_cfg=BN,
        remark='two levels of one stride: `names`',
    ),
    'mmseg.JPU': neck(
        'mmseg.JPU',
        'joint',
        inputs=['c3', 'c4', 'c5'],
        names=['same3', 'same4', 'joint'],
        mid_channels=8,
        dilations=(1, 2),
        norm_cfg=BN,
        remark='two levels of one stride: `names`; all but the last are those that it reads',
    ),
    'mmseg.MLANeck': neck(
        'mmseg.MLANeck',
        'p2',
        out_channels=8,
        norm_cfg=BN,
        encoder=VIT,
        remark='of a ViT; levels p2...p5 by their order',
    ),
    'mmseg.MultiLevelNeck': neck(
        'mmseg.MultiLevelNeck', 'p2', out_channels=8, scales=[4, 2, 1, 0.5], norm_cfg=BN, encoder=VIT, remark='of a ViT'
    ),
    'mmdet.BFP': Entry(
        dict(neck=PYRAMID, bfp=necks('mmdet.BFP', inputs=P, prefix='b', refine_type='conv', norm_cfg=BN)),
        'b2',
        remark='behind a neck, as its levels have one width',
    ),
    'mmdet.ChannelMapper': neck('mmdet.ChannelMapper', 'p6', out_channels=8, num_outs=5, norm_cfg=BN, size=128),
    'mmdet.CLRFPN': neck('mmdet.CLRFPN', 'p2', out_channels=8, norm_cfg=BN),
    'mmdet.CSPNeXtPAFPN': neck('mmdet.CSPNeXtPAFPN', 'p3', out_channels=8, num_csp_blocks=1, inputs=ALL[1:]),
    'mmdet.CTResNetNeck': neck(
        'mmdet.CTResNetNeck',
        'p2',
        inputs='c5',
        num_deconv_filters=(16, 8, 8),
        num_deconv_kernels=(4, 4, 4),
        remark='`inputs` is one name',
    ),
    'mmdet.DilatedEncoder': neck(
        'mmdet.DilatedEncoder',
        'p5',
        inputs='c5',
        out_channels=8,
        block_mid_channels=4,
        num_residual_blocks=2,
        block_dilations=[1, 2],
        remark='`inputs` is one name',
    ),
    'mmdet.DyHead': Entry(
        dict(
            neck=PYRAMID,
            dyhead=necks('mmdet.DyHead', inputs=P, prefix='d', in_channels=8, out_channels=16, num_blocks=1),
        ),
        'd3',
        remark='behind a neck; `in_channels` is given, its signature does not say that it is one number',
    ),
    'mmdet.FPG': neck(
        'mmdet.FPG',
        'p2',
        out_channels=8,
        inter_channels=8,
        stack_times=2,
        paths=['bu', 'td'],
        across_down_trans=dict(type='interpolation_conv', kernel_size=3),
        across_skip_trans=dict(type='conv', kernel_size=1),
        skip_inds=[(), (), (), ()],
        norm_cfg=BN,
    ),
    'mmdet.FPN': neck('mmdet.FPN', 'p2', out_channels=8, norm_cfg=BN),
    'mmdet.FPN_CARAFE': neck(
        'mmdet.FPN_CARAFE',
        'p2',
        out_channels=8,
        norm_cfg=BN,
        upsample_cfg=dict(type='bilinear'),
        remark="with another `upsample_cfg`: mmcv's CARAFE runs on GPUs alone, a network's levels are asked on the CPU",
    ),
    'mmdet.FPN_DropBlock': neck('mmdet.FPN_DropBlock', 'p2', out_channels=8, norm_cfg=BN),
    'mmdet.HRFPN': neck('mmdet.HRFPN', 'p2', out_channels=8),
    'mmdet.NASFCOS_FPN': neck('mmdet.NASFCOS_FPN', 'p3', out_channels=8, num_outs=5, norm_cfg=BN, size=128),
    'mmdet.NASFPN': neck(
        'mmdet.NASFPN', 'p3', out_channels=8, num_outs=5, start_level=1, stack_times=1, norm_cfg=BN, size=256
    ),
    'mmdet.PAFPN': neck('mmdet.PAFPN', 'p2', out_channels=8, norm_cfg=BN),
    'mmdet.RFP': Entry(remark='reads the image too, with a second backbone of its own'),
    'mmdet.SSDNeck': neck(
        'mmdet.SSDNeck',
        'p6',
        inputs=['c4', 'c5'],
        out_channels=[32, 64, 16],
        level_strides=[2],
        level_paddings=[1],
        norm_cfg=BN,
        size=128,
    ),
    'mmdet.SSH': neck('mmdet.SSH', 'p3', inputs=ALL[1:], out_channels=[8, 8, 8]),
    'mmdet.YOLOV3Neck': neck(
        'mmdet.YOLOV3Neck',
        'p3',
        inputs=ALL[1:],
        in_channels=[64, 32, 16],
        out_channels=[16, 8, 8],
        remark='`in_channels` is given, as it counts from the coarsest level; its levels come coarsest first',
    ),
    'mmdet.YOLOXPAFPN': neck('mmdet.YOLOXPAFPN', 'p3', out_channels=8, num_csp_blocks=1, inputs=ALL[1:]),
}
