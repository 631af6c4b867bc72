# Views of 96 pixels of 1,594 street photos: those without annotations, and those of train without theirs.
_base_ = '../../../../configs/_base_/datasets/two_views.py'
load, views, pack = _base_.train_dataloader.dataset.pipeline
views = dict(views, size=96, scale=(0.2, 1.0))
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    dataset=dict(data_root='data/ccp', folders='img_dir', list_file='pretrain.txt', pipeline=[load, views, pack]),
)
