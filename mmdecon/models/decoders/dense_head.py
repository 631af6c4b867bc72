"""Detectors' dense heads as decoders.

Shapes: B images, C channels, h x w cells.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...compat import require
from ...registry import MODELS, build_foreign
from ..encoders import evaluating
from ..levels import Level
from ..pretrained import take_starts
from .arguments import complete_dense_head, full_type
from .base import DENSE_HEAD, Decoder
from .layer_calls import watching
from .towers import find_towers


class NoPrediction(nn.Module):
    """Stands where a predictor stood, without parameters, and predicts 0.

    Args:
        channels: Of the predictor.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, feature: Tensor, *others: Any) -> Tensor:
        """(B, C, h, w), and what else the predictor takes -> zeros (B, channels, h, w)."""
        return feature.new_zeros(len(feature), self.channels, *feature.shape[2:])


@MODELS.register_module()
class DenseHeadDecoder(Decoder):
    """A dense head of mmdet without its predictors: levels p3...p7 -> cls3...cls7, reg3...reg7.

    The head itself is built, so that every parameter keeps the name under which mmdet will load it. What enters its
    predictors, the last convolutions before what it returns, is a map for each level and tower: of RetinaHead that of
    classes and that of boxes; RPNHead has one tower alone (t3...t7). A tower that levels have in common is trained by
    all of them. Predictors are found by running the head on blank maps. They are not built into the pre-trained
    network; scales and the like that stand behind them are trained by nothing and frozen by the network.

    Args:
        levels: The levels that exist, given by the network.
        head: Config of the head, such as ``mmdet.RetinaHead``; ``in_channels``, ``num_classes`` and, where the head
            takes them, ``strides`` (its own or its anchor generator's) and ``num_ins`` are filled in.
        inputs: Levels to read, all that its neck makes, finest first; one name for a head of one level.
        predictors: Where in the head its predictors are, for heads that predict in steps, or of which other layers than
            the last are to be new downstream.
        names: The new levels' names, tower by tower, where those above do not serve.

    Raises:
        ValueError: If a level to read does not exist, the head does not run on the levels, has no towers, predicts in
            steps, or names do not serve.
        ModuleNotFoundError: If mmdet is not installed.
    """

    place = DENSE_HEAD
    reads_all = True

    def __init__(
        self,
        levels: Mapping[str, Level],
        head: dict[str, Any],
        inputs: str | Sequence[str],
        predictors: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        if full_type(head).startswith('mmdet.'):
            require('mmdet')
        super().__init__(levels, head, inputs)
        self.dense_head = self._build(head)
        with evaluating(self.dense_head):
            self.dense_head.training = True
            self._take_predictors_out(predictors, names)
        self.train(self.training)

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> map, from the maps so far to the new ones."""
        return self.run(self.dense_head, [maps[name] for name in self.inputs])

    def run(self, head: nn.Module, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """Runs a head, this one or mmdet's own.

        Args:
            head: The head.
            maps: What it reads, each (B, C, h, w).

        Returns:
            Level -> what enters a predictor.
        """
        with watching(head, self.classifiers) as seen:
            head(tuple(maps))
        return {name: seen[path][number] for name, (path, number) in self._ends.items()}

    def build_downstream(self, library_type: str, given: Sequence[str], folded: bool = False) -> nn.Module:
        """Builds the head with its predictors."""
        return self._build(dict(self.config, type=library_type))

    def run_downstream(self, module: nn.Module, maps: list[Any], levels: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> what enters a predictor of mmdet's head."""
        return self.run(module, maps)

    def train(self, mode: bool = True) -> 'DenseHeadDecoder':
        """Sets the mode of all layers; the head's own flag stays on, without which some prepare boxes to be shown."""
        super().train(mode)
        self.dense_head.training = True
        return self

    def init_weights(self) -> None:
        """Initialises the towers as the library's head does, whose own code may touch its predictors."""
        whole: Any = self._build(self.config)
        take_starts(whole, self.place)  # which the network loads, strictly
        whole.init_weights()
        ours = self.dense_head.state_dict()
        self.dense_head.load_state_dict({name: x for name, x in whole.state_dict().items() if name in ours})

    def _build(self, config: Mapping[str, Any]) -> nn.Module:
        return build_foreign(complete_dense_head(config, self.read))

    def _take_predictors_out(self, predictors: Sequence[str] | None, names: Sequence[str] | None) -> None:
        """Finds the predictors, and proves that no tower needs what they predict."""
        side, noise = 2 * max(level.stride for level in self.read), torch.Generator().manual_seed(0)
        shapes = [(1, level.channels, side // level.stride, side // level.stride) for level in self.read]
        maps = [torch.randn(shape, generator=noise) for shape in shapes]
        found = find_towers(self.dense_head, maps, self.inputs, predictors, names)
        self.names, self.classifiers, self._ends = list(found.ends), list(found.predictors), found.ends
        with torch.no_grad():
            before = self.run(self.dense_head, maps)
            for path, channels in found.predictors.items():
                owner, _, name = path.rpartition('.')
                setattr(self.dense_head.get_submodule(owner), name, NoPrediction(channels))
            after = self.run(self.dense_head, maps)
        changed = [name for name in self.names if not torch.allclose(before[name], after[name])]
        if changed:
            raise ValueError(
                f'{type(self.dense_head).__name__} predicts in steps: its maps {changed} depend on what its '
                f'{", ".join(self.classifiers)} predict; name the layers behind its towers in predictors'
            )
