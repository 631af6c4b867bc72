# Encoder and FPN of decon-ml-slotcon_r18-fpn_1xb64-coslr-200e_my-images, fine-tuned on your annotated images. A config
# of your own that has this one as its _base_ names folder and classes: docs/downstream.md.
_base_ = ['../_base_/models/fpn_r18.py', '../_base_/protocols/folder_seg.py']
model = dict(
    data_preprocessor=dict(size=_base_.crop_size),
    decode_head=dict(num_classes=len(_base_.classes)),
)
