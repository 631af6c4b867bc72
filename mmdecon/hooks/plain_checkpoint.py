"""Checkpoints that can be read without trusting them."""

from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.utils import apply_to

from ..provenance import code
from ..registry import HOOKS
from ..wrapping import tensors


@HOOKS.register_module()
class PlainCheckpoint(Hook):
    """Keeps out of checkpoints what ``torch.load(weights_only=True)`` refuses.

    The windows of the logged averages, which mmengine stores as objects of its own, are left out: a resumed run's
    logged averages start afresh, and nothing else changes. NumPy's scalars become Python's. ``tools/export.py`` reads
    such checkpoints without executing anything that is in them. The version of the code is noted in
    ``meta['mmdecon']``. A tensor of two names, such as those of an encoder that student and teacher share, is written
    once.
    """

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Called by mmengine with the checkpoint about to be written."""
        checkpoint['meta']['mmdecon'] = code()
        state, first = checkpoint['state_dict'], dict[int, str]()
        for name, tensor in tensors(runner.model).items():
            if name in state:  # of a sharded model, the first process alone holds all
                state[name] = state[first.setdefault(id(tensor), name)]  # mmengine has copied each name's to the CPU
        hub = dict(checkpoint['message_hub'], log_scalars={})
        checkpoint['message_hub'] = apply_to(hub, lambda x: isinstance(x, np.generic), lambda x: x.item())
