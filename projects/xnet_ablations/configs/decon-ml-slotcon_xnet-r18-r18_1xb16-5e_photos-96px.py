# Two ResNets-18 that no classifier's weights have to be downloaded for: pre-trained in views of 96 pixels.
_base_ = './decon-ml-slotcon_xnet-r18-r18_1xb16-5e_photos.py'
load, views, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=[load, dict(views, size=96), pack])
)
