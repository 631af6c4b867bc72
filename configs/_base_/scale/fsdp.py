# Parameters, teachers, gradients and moments are sharded over processes (FSDP); same numbers as data parallel up to
# rounding (tests/sharding). Tried on CPUs only. Put it last among _base_; needs a launcher.
custom_imports = dict(imports=['mmdecon.sharding'], allow_failed_imports=False)
runner_type = 'FlexibleRunner'
strategy = dict(
    type='mmdecon.ShardedStrategy',
    units=[],  # put together one by one: 'encoder.layer*', the stages of a ResNet; 'encoder.stages.*' of a ConvNeXt
    sharding_strategy='FULL_SHARD',
)
