"""Every dense head of mmdet: a small decoder with it, or why there is none."""

from .catalogue import BN, Entry, dense, necks

GRIDS = dict(num_grids=[6, 5, 4], scale_ranges=((1, 16), (8, 32), (16, 64)))
POINTS = dict(type='MlvlPointGenerator', offset=0, strides=[8, 16, 32])
SIDES = dict(
    approx_anchor_generator=dict(
        type='AnchorGenerator', octave_base_scale=4, scales_per_octave=3, ratios=[1.0], strides=[8, 16, 32]
    ),
    square_anchor_generator=dict(type='AnchorGenerator', ratios=[1.0], scales=[4], strides=[8, 16, 32]),
)
SSD_ANCHORS = dict(
    type='SSDAnchorGenerator',
    scale_major=False,
    input_size=300,
    strides=[8, 16, 32],
    ratios=([2], [2], [2]),
    basesize_ratio_range=(0.2, 0.9),
)
ONE_ANCHOR = dict(
    anchor_generator=dict(
        type='AnchorGenerator', ratios=[1.0], octave_base_scale=8, scales_per_octave=1, strides=[8, 16, 32]
    )
)
QUERIES = 'reads queries of a transformer, not levels'
STEPS = 'predicts in steps: `predictors` names what stands behind its towers'
DENSE_HEADS: dict[str, Entry] = dict(
    ATSSHead=dense('ATSSHead', **ONE_ANCHOR),
    AutoAssignHead=dense('AutoAssignHead'),
    CenterNetUpdateHead=dense('CenterNetUpdateHead', remark='also as `rpn_head` in mmdet, which is not exported'),
    CondInstBboxHead=dense('CondInstBboxHead'),
    BoxInstBboxHead=dense('BoxInstBboxHead'),
    DDODHead=dense('DDODHead', use_dcn=False, **ONE_ANCHOR),
    FCOSHead=dense('FCOSHead'),
    FoveaHead=dense('FoveaHead', strides=[8, 16, 32], remark='`with_deform=False`'),
    FreeAnchorRetinaHead=dense('FreeAnchorRetinaHead'),
    FSAFHead=dense('FSAFHead'),
    GFLHead=dense('GFLHead', **ONE_ANCHOR),
    LADHead=dense('LADHead', **ONE_ANCHOR),
    LDHead=dense('LDHead', loss_ld=dict(type='KnowledgeDistillationKLDivLoss', T=10), **ONE_ANCHOR),
    NASFCOSHead=dense('NASFCOSHead'),
    PAAHead=dense('PAAHead', **ONE_ANCHOR),
    PISARetinaHead=dense('PISARetinaHead'),
    RepPointsHead=dense(
        'RepPointsHead',
        point_feat_channels=8,
        predictors=['reppoints_cls_conv', 'reppoints_pts_init_conv', 'reppoints_pts_refine_conv'],
        needs='mmcv._ext',
        remark=STEPS,
    ),
    RetinaHead=dense('RetinaHead'),
    RetinaSepBNHead=dense('RetinaSepBNHead'),
    RPNHead=dense('RPNHead', norm_cfg=..., model='mmdet.TwoStageDetector'),
    RTMDetHead=dense('RTMDetHead', anchor_generator=POINTS),
    RTMDetSepBNHead=dense('RTMDetSepBNHead', anchor_generator=POINTS),
    RTMDetInsHead=dense('RTMDetInsHead', anchor_generator=POINTS),
    RTMDetInsSepBNHead=dense(
        'RTMDetInsSepBNHead', anchor_generator=POINTS, remark='mmdet gives classes and boxes one tower'
    ),
    SABLRetinaHead=dense('SABLRetinaHead', **SIDES),
    SOLOHead=dense('SOLOHead', **GRIDS, model='mmdet.SOLO'),
    DecoupledSOLOHead=dense('DecoupledSOLOHead', **GRIDS, model='mmdet.SOLO'),
    DecoupledSOLOLightHead=dense('DecoupledSOLOLightHead', **GRIDS, model='mmdet.SOLO'),
    SOLOV2Head=dense(
        'SOLOV2Head',
        **GRIDS,
        mask_feature_head=dict(feat_channels=8, start_level=0, end_level=2, out_channels=8, norm_cfg=BN),
        model='mmdet.SOLO',
    ),
    TOODHead=dense('TOODHead', **ONE_ANCHOR, needs='mmcv._ext'),
    VFNetHead=dense(
        'VFNetHead',
        predictors=['vfnet_reg_conv', 'vfnet_reg_refine_dconv', 'vfnet_cls_dconv'],
        needs='mmcv._ext',
        remark=STEPS,
    ),
    YOLACTHead=dense('YOLACTHead', norm_cfg=...),
    YOLOV3Head=dense(
        'YOLOV3Head',
        feat_channels=...,
        out_channels=[8, 8, 8],
        anchor_generator=dict(
            type='YOLOAnchorGenerator', base_sizes=[[(8, 8)], [(16, 16)], [(32, 32)]], strides=[8, 16, 32]
        ),
    ),
    YOLOXHead=dense('YOLOXHead'),
    CenterNetHead=dense(
        'CenterNetHead',
        'p2',
        neck=necks('mmdet.CTResNetNeck', inputs='c5', num_deconv_filters=(16, 8, 8), num_deconv_kernels=(4, 4, 4)),
        norm_cfg=...,
        remark='`inputs` is one name',
    ),
    YOLOFHead=dense(
        'YOLOFHead',
        'p5',
        neck=necks(
            'mmdet.DilatedEncoder',
            inputs='c5',
            out_channels=8,
            block_mid_channels=4,
            num_residual_blocks=2,
            block_dilations=[1, 2],
        ),
        feat_channels=...,
        remark='`inputs` is one name',
    ),
    CornerHead=dense('CornerHead', 'c5', neck=None, feat_channels=..., norm_cfg=..., remark='`inputs` is one name'),
    SSDHead=dense(
        'SSDHead',
        stacked_convs=1,
        anchor_generator=SSD_ANCHORS,
        remark='with `stacked_convs` or `use_depthwise`, without which it has predictors alone',
    ),
    PISASSDHead=dense(
        'PISASSDHead',
        anchor_generator=SSD_ANCHORS,
        refusal='PISASSDHead has no layer before its',
        remark='has predictors alone, as mmdet configures it; as SSDHead',
    ),
    AnchorHead=dense('AnchorHead', norm_cfg=..., refusal='AnchorHead has no layer', remark='has predictors alone'),
    CentripetalHead=dense(
        'CentripetalHead',
        'c5',
        neck=None,
        feat_channels=...,
        norm_cfg=...,
        refusal='CentripetalHead predicts in steps',
        remark='predicts in steps, from maps that it shifts by its own predictions',
    ),
    GARetinaHead=dense(
        'GARetinaHead',
        approx_anchor_generator=SIDES['approx_anchor_generator'],
        square_anchor_generator=SIDES['square_anchor_generator'],
        refusal='GARetinaHead predicts in steps',
        remark='predicts in steps, from maps that it shifts by its own predictions',
    ),
    GARPNHead=dense(
        'GARPNHead',
        approx_anchor_generator=SIDES['approx_anchor_generator'],
        square_anchor_generator=SIDES['square_anchor_generator'],
        norm_cfg=...,
        refusal='GARPNHead predicts in steps',
        remark='predicts in steps, from maps that it shifts by its own predictions',
    ),
    AnchorFreeHead=Entry(remark='a base of others, which cannot be built'),
    ATSSVLFusionHead=Entry(remark='reads words too'),
    BoxInstMaskHead=Entry(remark='reads what another head has found'),
    CascadeRPNHead=Entry(remark='several heads, which read what those before them have found'),
    CLRHead=Entry(remark='refines lanes by pooling along them; there is no tower'),
    CondInstMaskHead=Entry(remark='reads what another head has found'),
    ConditionalDETRHead=Entry(remark=QUERIES),
    DABDETRHead=Entry(remark=QUERIES),
    DDQDETRHead=Entry(remark=QUERIES),
    DeformableDETRHead=Entry(remark=QUERIES),
    DETRHead=Entry(remark=QUERIES),
    DINOHead=Entry(remark=QUERIES),
    EmbeddingRPNHead=Entry(remark='reads no levels'),
    GroundingDINOHead=Entry(remark=QUERIES),
    GuidedAnchorHead=Entry(remark='a base of others, which cannot be built'),
    Mask2FormerHead=Entry(remark="as mmseg's, of the table above"),
    MaskFormerHead=Entry(remark="as mmseg's, of the table above"),
    StageCascadeRPNHead=Entry(remark='a part of CascadeRPNHead'),
    YOLACTProtonet=Entry(remark='reads what another head has found'),
)
