"""Tests that share a model out without a GPU."""

import pytest

from mmdecon.engine.sharded_strategy import shards_on_cpus

needs_shards = pytest.mark.skipif(not shards_on_cpus(), reason='this torch (2.1, say) shares models out on GPUs alone')
