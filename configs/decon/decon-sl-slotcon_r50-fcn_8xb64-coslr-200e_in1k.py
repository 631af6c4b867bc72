_base_ = './decon-sl-slotcon_r50-fcn_8xb64-coslr-800e_coco.py'
model = dict(branches=dict(enc=dict(head=dict(num_slots=2048)), dec=dict(head=dict(num_slots=2048))))
train_dataloader = dict(dataset=dict(data_root='data/imagenet', folders='train'))
train_cfg = dict(max_epochs=200)
