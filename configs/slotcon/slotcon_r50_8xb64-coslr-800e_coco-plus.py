_base_ = './slotcon_r50_8xb64-coslr-800e_coco.py'
train_dataloader = dict(dataset=dict(folders=['train2017', 'unlabeled2017']))
