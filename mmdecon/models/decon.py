"""DeCon: a twin network and branches."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mmengine.logging import MessageHub
from mmengine.model import BaseModel, ModuleDict
from torch import Tensor

from ..registry import MODELS
from ..schedules import SCHEDULES, Clock, Part
from ..views import View, overlap
from .encoders import require_means
from .network import Network
from .noise import GaussianNoise
from .passes import draw_noise, needed_views, run_network
from .twin import Twin
from .weighting import one_level_each, weigh

MOMENTUM: Mapping[str, Any] = MappingProxyType(dict(schedule='cosine', start=0.99))


def runner_clock() -> Clock:
    """Asks mmengine's runner where the run stands.

    Raises:
        RuntimeError: If there is no runner.
    """
    hub = MessageHub.get_current_instance()
    step, total = hub.get_info('iter'), hub.get_info('max_iters')
    if step is None or total is None:
        raise RuntimeError(
            "DeCon's teacher schedule needs the run's length, which mmengine's Runner tells: train through a "
            'Runner, or set model.clock = lambda: Clock(step, total)'
        )
    return Clock(int(step), int(total))


def build_network(network: dict[str, Any], branches: Mapping[str, Mapping[str, Any] | None]) -> Network:
    """Builds a network for the levels that branches read.

    Args:
        network: Config of the network.
        branches: Name -> config of a branch, as in :class:`DeCon`.

    Raises:
        ValueError: If a branch reads what is not there or does not train.
    """
    built = MODELS.build(network)
    built.use(branch['level'] for branch in one_level_each(branches).values())
    return built


@MODELS.register_module()
class DeCon(BaseModel):
    """Contrastive pre-training of an encoder and its decoders: a twin of the network and branches at its levels.

    The loss is the sum of the branches'. With ``alpha`` it is DeCon's, ``alpha * L_encoder + (1 - alpha) * L_decoder``
    (Beyond the Encoder, arXiv 2503.17526): one decoder level gives DeCon-SL, several DeCon-ML. An encoder branch alone
    gives the base framework (SlotCon, ...).

    With ``freeze_encoder`` in the network, decoders and heads alone train: the encoder is run once a view for student
    and teacher together, without gradient.

    Teachers move once an optimiser step, before the first forward pass of that step, whoever drives the model. With
    gradient accumulation, the passes that follow find gradients that wait for their step, and leave the teachers
    alone. Objectives observe every pass.

    Args:
        network: Config of the network.
        branches: Name -> config of a branch, or None to leave out one that a base config has. Where its ``level`` is a
            list, each level gets a head and an objective of its own and an even part of the branch's ``weight`` (1 by
            default); branch ``dec`` at level p2 is then ``dec_p2`` in logs and checkpoints.
        alpha: What the encoder's branches share of the loss, 0..1; the decoder's share the rest. Each side shares in
            proportion to its branches' ``weight``. With None, weights are as given.
        momentum: ``schedule`` (a name in :data:`mmdecon.schedules.SCHEDULES`, by default ``cosine``) and ``start``, the
            share of a teacher that stays at the start of the run, 0..1 (0.99).
        shared: Whether the network's student is its own teacher.
        noise: Config of what makes noisy copies of the views (:class:`mmdecon.models.GaussianNoise`), for branches
            that denoise.
        data_preprocessor: Config of the data preprocessor.
        init_cfg: Config of the initialisation.

    Raises:
        ValueError: If branches, alpha, momentum, or means and the encoder's channels cannot work together; the message
            names the key.
    """

    clock = staticmethod(runner_clock)

    def __init__(
        self,
        network: dict[str, Any],
        branches: Mapping[str, Mapping[str, Any] | None],
        alpha: float | None = None,
        momentum: Mapping[str, Any] | None = None,
        shared: bool = False,
        noise: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.momentum = _check_momentum({**MOMENTUM, **(momentum or {})})
        each = one_level_each(branches)
        self.network = Twin(build_network(network, branches), shared=shared)
        require_means(self.data_preprocessor, self.network.student.in_channels)
        levels = self.network.student.levels
        weights = weigh(each, levels, alpha)
        self.branches = ModuleDict(
            {
                name: MODELS.build(
                    {'type': 'mmdecon.Branch', **branch, 'level': levels[branch['level']], 'weight': weights[name]}
                )
                for name, branch in each.items()
            }
        )
        self.noise = _build_noise(noise, self.branches)
        # the finest level last: its activations, the most, are then the first that the backward pass lets go
        self._order = sorted(each, key=lambda name: -self.branches[name].level.stride)
        self._seen_version = -1
        self._last_momentum: dict[str, float] = {}

    def forward(self, views: list[View], mode: str = 'loss') -> Any:
        """Runs the model.

        Args:
            views: The views of a batch.
            mode: ``'loss'``: a dict of losses and figures to log; ``'tensor'``: the student's maps of each view.
        """
        if mode == 'loss':
            return self.loss(views)
        if mode == 'tensor':
            return [self.network(view.image) for view in views]
        raise RuntimeError(f"DeCon has no mode {mode!r}: it pre-trains; use 'loss' or 'tensor'")

    def loss(self, views: list[View]) -> dict[str, Tensor]:
        """One training pass.

        Returns:
            ``loss_<branch>`` for each branch, which mmengine sums; ``<branch>/<term>`` and ``<branch>/<figure>`` to
            log, and ``momentum/<side>``, the EMA momentum of this step, and ``overlapping``, the share
            of image pairs whose first two views show a place in common.
        """
        if self.training and self._is_new_step():
            self.update_teachers()
        needed = needed_views(self.branches.values())
        views = draw_noise(views, needed, self.noise)
        maps = run_network(self.network, views, needed, self.noise)
        outputs: dict[str, Tensor] = {
            f'momentum/{side}': views[0].image.new_tensor(value) for side, value in self._last_momentum.items()
        }
        outputs['overlapping'] = overlap(views[0], views[1]).valid.to(views[0].image).mean()
        for name in self._order:
            branch = self.branches[name]
            loss, terms, health = branch(maps, views)
            outputs[f'loss_{name}'] = loss
            outputs.update({f'{name}/{key}': value for key, value in {**terms, **health}.items()})
        return outputs

    def update_teachers(self) -> None:
        """Moves every twin one step, by the schedule."""
        schedule, clock, start = SCHEDULES[self.momentum['schedule']], self.clock(), self.momentum['start']
        fixed = {'encoder'} if self.network.student.freeze_encoder else set()
        sides = sorted({level.side for level in self.network.student.levels.values()} - fixed)
        self._last_momentum = {side: schedule(clock, start, Part(side, side)) for side in sides}
        self.network.update(self._last_momentum.__getitem__)
        for branch in self.branches.values():
            side = branch.level.side
            branch.head.update(lambda name, side=side: schedule(clock, start, Part(side, name)))

    def _is_new_step(self) -> bool:
        """Whether the optimiser has stepped (or was about to, and skipped) since the last pass.

        True where no gradients wait, as after ``zero_grad``, or where a parameter was written to since, as by a step
        that is not followed by ``zero_grad`` at once.
        """
        trained = [p for p in self.parameters() if p.requires_grad]
        version = sum(p._version for p in trained)
        is_new = version != self._seen_version or all(p.grad is None for p in trained)
        self._seen_version = version
        return is_new


def _check_momentum(momentum: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuses schedules that do not exist and shares that are none."""
    if momentum.keys() != MOMENTUM.keys():
        raise ValueError(f'model.momentum has the keys {sorted(momentum)}; known: {sorted(MOMENTUM)}')
    if momentum['schedule'] not in SCHEDULES:
        raise ValueError(f'model.momentum.schedule is {momentum["schedule"]!r}; known: {sorted(SCHEDULES)}')
    if not 0 <= momentum['start'] <= 1:
        raise ValueError(f'model.momentum.start is {momentum["start"]}, the share of a teacher that stays: 0 to 1')
    return momentum


def _build_noise(noise: dict[str, Any] | None, branches: Mapping[str, Any]) -> GaussianNoise | None:
    """Builds what makes noisy copies, if a branch sees any."""
    denoising = [name for name, branch in branches.items() if branch.objective.needs_noise]
    if denoising and noise is None:
        raise ValueError(f"branches {denoising} denoise: set model.noise, such as dict(type='mmdecon.GaussianNoise')")
    if noise is not None and not denoising:
        raise ValueError(f'model.noise={noise}, but no branch denoises: leave it out, or add a branch that does')
    return None if noise is None else MODELS.build(noise)
