# What depth's protocols share: mmseg's metric, and the checkpoint of the lowest absolute relative error.
# Models: ./models/depth_estimator.py. The name of the network's range is max_depth, in metres; the protocols set it.
_base_ = './segmentation.py'
val_evaluator = dict(_delete_=True, type='mmdecon.DepthMetric', min_depth_eval=1e-3)
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='abs_rel', rule='less'))
