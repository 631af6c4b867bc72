# Any images, in folders of folders: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = './two_views.py'
train_dataloader = dict(dataset=dict(folders='data/images'))
