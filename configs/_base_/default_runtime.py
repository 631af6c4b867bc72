# Types of other packages are written with their scope; under 'mmdecon' mmengine would warn of each kind without a node.
env_cfg = dict(
    cudnn_benchmark=True, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0), dist_cfg=dict(backend='nccl')
)
randomness = dict(seed=0)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=50), checkpoint=dict(type='CheckpointHook', interval=10, max_keep_ckpts=3)
)
custom_hooks = [
    dict(type='mmdecon.SeedEachStep'),
    dict(type='mmdecon.Health'),
    dict(type='mmdecon.PlainCheckpoint'),
    dict(type='mmdecon.CheckStart'),
]
# TensorBoard instead of a JSON file: --cfg-options visualizer.vis_backends.0.type=TensorboardVisBackend
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
