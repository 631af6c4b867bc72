"""Checks what ``load_from`` loads."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from ..checkpoint import require_whole
from ..provenance import origin
from ..registry import HOOKS
from ..wrapping import unwrapped

PLAIN_LAYOUT = 'mmseg'  # of files that are no exports: all libraries of OpenMMLab name backbone and neck alike


@HOOKS.register_module()
class VerifyLoad(Hook):
    """Refuses to fine-tune from a file that is no export of mmdecon, or that does not fit the model.

    mmengine loads what happens to fit and logs the rest. What the export leaves to initialise is logged here too. A
    resumed run and a test are not looked at.

    Args:
        any_checkpoint: Take files that are no exports of mmdecon too, such as supervised weights; they must fit the
            model as well.
    """

    def __init__(self, any_checkpoint: bool = False) -> None:
        self.any_checkpoint = any_checkpoint

    def before_run(self, runner: Runner) -> None:
        """Called by mmengine first of all.

        Raises:
            OSError: If the file cannot be read or downloaded.
            ValueError: If there is none, or no whole one.
        """
        if runner._load_from:
            require_whole(runner._load_from, 'load_from')

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Called by mmengine with what was read, before it is loaded into the model.

        Raises:
            ValueError: If it does not fit.
        """
        if runner._resume or not isinstance(runner._train_loop, BaseLoop):  # a loop is built when training starts
            return
        from ..export import (
            check_fit,
            get_layout,
            require_export,
        )  # needed by downstream runs that load, not by every import

        path = runner._load_from
        if not self.any_checkpoint:
            require_export(checkpoint, path)
        model = unwrapped(runner.model)
        about = origin(checkpoint)
        absent = {key: about[key] for key in ('untrained', 'classifiers', 'new') if key in about}
        layout = get_layout(about.get('layout', PLAIN_LAYOUT))
        fit = check_fit(checkpoint.get('state_dict', checkpoint), model, layout, **absent)
        runner.logger.info(f'{path} fits the model, which initialises:\n{fit.describe()}')
