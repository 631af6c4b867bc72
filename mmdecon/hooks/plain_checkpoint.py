"""Checkpoints that can be read without trusting them."""

from typing import Any, Dict

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS


@HOOKS.register_module()
class PlainCheckpoint(Hook):
    """Leaves out of checkpoints what ``torch.load(weights_only=True)`` refuses: the windows of the logged averages.

    mmengine stores them as objects of its own. Without them a resumed run's logged averages start afresh, and nothing
    else changes. ``tools/export.py`` reads such checkpoints without executing anything that is in them.
    """

    def before_save_checkpoint(self, runner: Runner, checkpoint: Dict[str, Any]) -> None:
        """Called by mmengine with the checkpoint about to be written."""
        checkpoint['message_hub']['log_scalars'] = {}
