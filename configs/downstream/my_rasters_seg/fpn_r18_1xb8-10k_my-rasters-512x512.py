# Encoder and FPN pre-trained on your rasters, fine-tuned on annotated ones of the same channels (TIFF unless img_suffix
# says otherwise).
# A config of your own that has this one as its _base_ names folder, classes, means and stds (tools/pixel_statistics.py
# --raster) and, unless there are four, model.backbone.in_channels: docs/downstream.md.
_base_ = ['../_base_/models/fpn_r18.py', '../_base_/protocols/folder_seg.py']
custom_imports = dict(
    imports=['mmdecon.downstream.seg_folder', 'mmdecon.downstream.seg_channels'], allow_failed_imports=False
)
channels = 4
load = dict(type='mmdecon.LoadRaster', to_float32=True)
train_pipeline = [load, *(step for step in _base_.train_pipeline[1:] if step['type'] != 'PhotoMetricDistortion')]
test_pipeline = [load, *_base_.test_pipeline[1:]]
train, val = (dict(img_suffix='.tif', pipeline=pipeline) for pipeline in (train_pipeline, test_pipeline))
train_dataloader = dict(dataset=train)
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(
        _delete_=True,
        type='mmdecon.SegChannelsPreprocessor',
        mean=[0.0] * channels,
        std=[65535.0] * channels,
        size=_base_.crop_size,
        seg_pad_val=255,
    ),
    backbone=dict(in_channels=channels),
    decode_head=dict(num_classes=len(_base_.classes)),
)
