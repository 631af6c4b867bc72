_base_ = './two_views.py'
train_dataloader = dict(dataset=dict(data_root='data/imagenet', folders='train'))
