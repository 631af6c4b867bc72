# VOC2012's 17,125 images, to try things on one GPU.
_base_ = './decon-ml-slotcon_r18-fpn_1xb64-coslr-200e_my-images.py'
train_dataloader = dict(dataset=dict(data_root='data/VOCdevkit/VOC2012', folders='JPEGImages'))
