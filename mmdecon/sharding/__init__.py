"""Models sharded over processes (FSDP), tried on CPUs only.

Nothing else in mmdecon imports this. A config that names ``mmdecon.ShardedStrategy`` loads it by ``custom_imports``, as
``configs/_base_/scale/fsdp.py`` does.
"""

from .norms import ShardedLARS
from .strategy import ShardedStrategy

__all__ = ['ShardedLARS', 'ShardedStrategy']
