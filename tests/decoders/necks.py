"""Every neck of mmseg and mmdet: a small decoder with it, or why there is none."""

from .catalogue import ALL, BN, PYRAMID, VIT, Entry, neck, necks

P = ['p2', 'p3', 'p4', 'p5']
NECKS: dict[str, Entry] = {
    'mmseg.Feature2Pyramid': neck('mmseg.Feature2Pyramid', norm_cfg=BN, encoder=VIT, remark='of a ViT'),
    'mmseg.FPN': neck('mmseg.FPN', out_channels=8, norm_cfg=BN),
    'mmseg.ICNeck': neck(
        'mmseg.ICNeck',
        inputs=['c3', 'c4', 'c5'],
        names=['low', 'mid', 'fused'],
        out_channels=8,
        norm_cfg=BN,
        remark='two levels of one stride: `names`',
    ),
    'mmseg.JPU': neck(
        'mmseg.JPU',
        inputs=['c3', 'c4', 'c5'],
        names=['same3', 'same4', 'joint'],
        mid_channels=8,
        dilations=(1, 2),
        norm_cfg=BN,
        remark='two levels of one stride: `names`; all but the last are those that it reads',
    ),
    'mmseg.MLANeck': neck(
        'mmseg.MLANeck',
        out_channels=8,
        norm_cfg=BN,
        encoder=VIT,
        remark='of a ViT; its levels are named by their order',
    ),
    'mmseg.MultiLevelNeck': neck(
        'mmseg.MultiLevelNeck', out_channels=8, scales=[4, 2, 1, 0.5], norm_cfg=BN, encoder=VIT, remark='of a ViT'
    ),
    'mmdet.BFP': Entry(
        dict(neck=PYRAMID, bfp=necks('mmdet.BFP', inputs=P, prefix='b', refine_type='conv', norm_cfg=BN)),
        remark='behind a neck, as its levels have one width',
    ),
    'mmdet.ChannelMapper': neck('mmdet.ChannelMapper', out_channels=8, num_outs=5, norm_cfg=BN, size=128),
    'mmdet.CLRFPN': neck('mmdet.CLRFPN', out_channels=8, norm_cfg=BN),
    'mmdet.CSPNeXtPAFPN': neck('mmdet.CSPNeXtPAFPN', out_channels=8, num_csp_blocks=1, inputs=ALL[1:]),
    'mmdet.CTResNetNeck': neck(
        'mmdet.CTResNetNeck',
        inputs='c5',
        num_deconv_filters=(16, 8, 8),
        num_deconv_kernels=(4, 4, 4),
        remark='`inputs` is one name',
    ),
    'mmdet.DilatedEncoder': neck(
        'mmdet.DilatedEncoder',
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
        remark='behind a neck; `in_channels` is given, its signature does not say that it is one number',
    ),
    'mmdet.FPG': neck(
        'mmdet.FPG',
        out_channels=8,
        inter_channels=8,
        stack_times=2,
        paths=['bu', 'td'],
        across_down_trans=dict(type='interpolation_conv', kernel_size=3),
        across_skip_trans=dict(type='conv', kernel_size=1),
        skip_inds=[(), (), (), ()],
        norm_cfg=BN,
    ),
    'mmdet.FPN': neck('mmdet.FPN', out_channels=8, norm_cfg=BN),
    'mmdet.FPN_CARAFE': neck(
        'mmdet.FPN_CARAFE',
        out_channels=8,
        norm_cfg=BN,
        upsample_cfg=dict(type='bilinear'),
        remark="with another `upsample_cfg`: mmcv's CARAFE runs on GPUs alone, a network's levels are asked on the CPU",
    ),
    'mmdet.FPN_DropBlock': neck('mmdet.FPN_DropBlock', out_channels=8, norm_cfg=BN),
    'mmdet.HRFPN': neck('mmdet.HRFPN', out_channels=8),
    'mmdet.NASFCOS_FPN': neck('mmdet.NASFCOS_FPN', out_channels=8, num_outs=5, norm_cfg=BN, size=128),
    'mmdet.NASFPN': neck(
        'mmdet.NASFPN', out_channels=8, num_outs=5, start_level=1, stack_times=1, norm_cfg=BN, size=256
    ),
    'mmdet.PAFPN': neck('mmdet.PAFPN', out_channels=8, norm_cfg=BN),
    'mmdet.RFP': Entry(remark='reads the image too, with a second backbone of its own'),
    'mmdet.SSDNeck': neck(
        'mmdet.SSDNeck',
        inputs=['c4', 'c5'],
        out_channels=[32, 64, 16],
        level_strides=[2],
        level_paddings=[1],
        norm_cfg=BN,
        size=128,
    ),
    'mmdet.SSH': neck('mmdet.SSH', inputs=ALL[1:], out_channels=[8, 8, 8]),
    'mmdet.YOLOV3Neck': neck(
        'mmdet.YOLOV3Neck',
        inputs=ALL[1:],
        in_channels=[64, 32, 16],
        out_channels=[16, 8, 8],
        remark='`in_channels` is given, as it counts from the coarsest level; its levels come coarsest first',
    ),
    'mmdet.YOLOXPAFPN': neck('mmdet.YOLOXPAFPN', out_channels=8, num_csp_blocks=1, inputs=ALL[1:]),
}
