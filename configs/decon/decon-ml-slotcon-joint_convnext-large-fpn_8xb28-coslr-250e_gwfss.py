# Second of two stages: encoder and decoder, from where the first has left them.
_base_ = './decon-ml-slotcon-frozen_convnext-large-fpn_8xb28-coslr-50e_gwfss.py'
model = dict(network=dict(freeze_encoder=False, encoder=dict(init_cfg=None)))
load_from = 'work_dirs/decon-ml-slotcon-frozen_convnext-large-fpn_8xb28-coslr-50e_gwfss/epoch_50.pth'
custom_hooks = [*_base_.custom_hooks, dict(type='mmdecon.NextStage')]
train_cfg = dict(max_epochs=250)
