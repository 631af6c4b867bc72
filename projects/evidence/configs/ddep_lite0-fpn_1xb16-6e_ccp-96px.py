# The rival: the decoder alone, by denoising.
_base_ = [
    './_base_/lite0_fpn.py',
    '../../../configs/_base_/branches/ddep.py',
    './_base_/ccp.py',
    './_base_/adamw.py',
    '../../../configs/_base_/default_runtime.py',
]
model = dict(branches=dict(dec=dict(_base_.branch, level='p2')), noise=_base_.noise, shared=True)
load, views, pack = _base_.train_dataloader.dataset.pipeline
views = dict(views, min_overlap=None, photometric=[[], []])
train_dataloader = dict(dataset=dict(pipeline=[load, views, pack]))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1), logger=dict(interval=33))
