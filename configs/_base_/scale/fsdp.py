# Each process holds a share of the parameters, teachers, gradients and moments (FSDP); same numbers as data parallel up
# to rounding (tests/distributed/test_sharded.py). Put it last among _base_; needs a launcher.
runner_type = 'FlexibleRunner'
strategy = dict(
    type='mmdecon.ShardedStrategy',
    units=[],  # put together one by one: 'encoder.layer*', the stages of a ResNet; 'encoder.stages.*' of a ConvNeXt
    sharding_strategy='FULL_SHARD',
)
