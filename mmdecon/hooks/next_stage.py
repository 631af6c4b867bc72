"""Training in stages: a run that starts from another's checkpoint."""

from os.path import isfile
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..models.pretrained import misfits
from ..registry import HOOKS
from ..wrapping import whole_state


@HOOKS.register_module()
class NextStage(Hook):
    """Checks what ``load_from`` loads into a DeCon: the checkpoint of the stage before, with both halves.

    mmengine loads what happens to fit and logs the rest. Here the network and every branch must fit to the last tensor,
    except branches that one of the two stages alone has, which are logged. Of a resumed run, only that it resumes.
    """

    def __init__(self) -> None:
        self.has_loaded = False

    def before_run(self, runner: Runner) -> None:
        """Called by mmengine first of all.

        Raises:
            ValueError: If there is nothing to start from.
        """
        path = runner._load_from
        if not runner._resume and (path is None or '://' not in path and not isfile(path)):
            raise ValueError(
                f'load_from is {path!r}, where there is no checkpoint: train the stage before this one first, or name '
                'its checkpoint with --cfg-options load_from=FILE'
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Called by mmengine with what was read, before it is loaded into the model.

        Raises:
            ValueError: If it does not fit.
        """
        self.has_loaded = True
        if runner._resume:
            return
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

    def before_train(self, runner: Runner) -> None:
        """Called by mmengine after loading.

        Raises:
            ValueError: If there was nothing to load, as where a run was to be resumed that never began.
        """
        if not self.has_loaded:
            raise ValueError(
                f'--resume finds no checkpoint in {runner.work_dir} to go on from; start this stage without it'
            )


def branch_of(name: str) -> str:
    """The branch that a tensor of a DeCon belongs to, empty for the network's.

    Examples:
        >>> branch_of('branches.dec_p2.head.student.prototypes.weight')
        'dec_p2'
    """
    first, _, rest = name.partition('.')
    return rest.partition('.')[0] if first == 'branches' else ''
