_base_ = './decon-sl-slotcon_r50-fpn_8xb64-coslr-100e_in1k.py'
train_cfg = dict(max_epochs=200)
