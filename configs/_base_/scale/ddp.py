# Data parallel with less overhead: the graph is recorded once, and gradients lie in the buckets that are sent. Same
# numbers as without this file (tests/distributed/test_scale.py). Put it last among _base_.
model_wrapper_cfg = dict(
    type='MMDistributedDataParallel',
    broadcast_buffers=False,  # centres, queues and synchronised norms are equal on all processes without it
    static_graph=True,
    gradient_as_bucket_view=True,
    bucket_cap_mb=25,  # MB a bucket; larger ones suit slow networks between nodes
)
