# ConvNeXt V2: response normalisation in place of layer scale.
_base_ = './convnext-tiny_fpn.py'
model = dict(network=dict(encoder=dict(arch='base', use_grn=True, layer_scale_init_value=0.0)))
