"""Tests that shard a model without a GPU."""

import pytest

from mmdecon.sharding.strategy import shards_on_cpus

needs_shards = pytest.mark.skipif(not shards_on_cpus(), reason='this torch (2.1, say) shards models on GPUs alone')
