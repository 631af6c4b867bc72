"""Training in stages: a run that starts from another's checkpoint."""

from collections.abc import Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..models.pretrained import misfits
from ..registry import HOOKS
from ..wrapping import whole_state


@HOOKS.register_module()
class NextStage(Hook):
    """Has a run start from the checkpoint of the stage before, or not at all.

    What is loaded is checked by :class:`~mmdecon.hooks.CheckStart`, as in every pre-training.
    """

    def __init__(self) -> None:
        self.has_loaded = False

    def before_run(self, runner: Runner) -> None:
        """Called by mmengine first of all.

        Raises:
            ValueError: If there is nothing to start from.
        """
        if not runner._resume and runner._load_from is None:
            raise ValueError(
                'load_from is None, where there is no checkpoint: train the stage before this one first, or name its '
                'checkpoint with --cfg-options load_from=FILE'
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Called by mmengine with what was read."""
        self.has_loaded = True

    def before_train(self, runner: Runner) -> None:
        """Called by mmengine after loading.

        Raises:
            ValueError: If there was nothing to load, as where a run was to be resumed that never began.
        """
        if not self.has_loaded:
            raise ValueError(
                f'--resume finds no checkpoint in {runner.work_dir} to go on from; start this stage without it'
            )


def require_fit(runner: Runner, checkpoint: Mapping[str, Any]) -> None:
    """Refuses to start a DeCon from what does not fit it, both halves, network and branches, to the last tensor.

    mmengine loads what happens to fit and logs the rest. Branches that the checkpoint or the model alone has are left
    out, and logged.

    Args:
        runner: Its model, and ``load_from``.
        checkpoint: What was read, with ``state_dict`` or a bare state dict.

    Raises:
        ValueError: If it does not fit; names the first tensors.
    """
    given, wanted = checkpoint.get('state_dict', checkpoint), whole_state(runner.model)
    old, new = ({branch_of(name) for name in state} - {''} for state in (given, wanted))
    problems = misfits(
        {name: value for name, value in given.items() if branch_of(name) not in old - new},
        {name: value for name, value in wanted.items() if branch_of(name) not in new - old},
    )
    if problems:
        shown = '; '.join(problems[:4]) + (f'; and {len(problems) - 4} more' if len(problems) > 4 else '')
        raise ValueError(
            f'{runner._load_from} (load_from) is no checkpoint of a stage before this one: {shown}. Both need the '
            'same network and branches; an export, or weights of an encoder alone, go into '
            'model.network.encoder.init_cfg instead'
        )
    runner.logger.info(
        f'{runner._load_from} fits; new branches: {sorted(new - old) or "none"}, branches left behind: '
        f'{sorted(old - new) or "none"}'
    )


def branch_of(name: str) -> str:
    """The branch that a tensor of a DeCon belongs to, empty for the network's.

    Examples:
        >>> branch_of('branches.dec_p2.head.student.prototypes.weight')
        'dec_p2'
    """
    first, _, rest = name.partition('.')
    return rest.partition('.')[0] if first == 'branches' else ''
