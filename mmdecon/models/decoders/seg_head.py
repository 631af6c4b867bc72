"""mmseg's decode heads as decoders.

Shapes: B images, C channels, h x w cells.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.structures import BaseDataElement
from torch import Tensor, nn

from ...registry import MODELS, build_foreign
from ..levels import Level
from .arguments import complete_head
from .base import DECODE_HEAD, Decoder

FORMS = ('list', 'map', 'pairs')


class ClassifierReached(Exception):
    """Ends a head's pass where its classifier would begin; it is no error.

    Attributes:
        feature: What enters the classifier, (B, C, h, w).
    """

    def __init__(self, feature: Tensor) -> None:
        super().__init__()
        self.feature = feature


class NoClassifier(nn.Module):
    """Stands where a head's classifier stood, without parameters, and ends the pass there."""

    def forward(self, feature: Tensor) -> Tensor:
        """Takes what the classifier would take."""
        raise ClassifierReached(feature)


@MODELS.register_module()
class SegHeadDecoder(Decoder):
    """A decode head of mmseg, without its classifier: levels -> one feature map.

    The head itself is built, so that every parameter keeps the name under which mmseg will load it. Its pass ends
    where its classifier would begin, and what enters there is the map; the dropout in front is taken out. What a head
    would compute behind or beside it (auxiliary outputs) is trained by nothing and frozen by the network.

    Args:
        levels: The levels that exist, given by the network.
        head: Config of the head, such as ``mmseg.UPerHead``; ``in_channels``, ``num_classes`` and, where the head takes
            them, ``feature_strides`` and ``c1_in_channels`` are filled in. ``in_index`` counts in ``inputs``, by
            default all of them.
        inputs: Levels to read; one name, or several for heads that take several (UPerHead, FPNHead).
        level: Name of the level that it makes.
        classifier: Where in the head its classifier is; with a dot where the head has another head inside
            (``kernel_generate_head.conv_seg``), whose arguments are then those that are filled in.
        previous: For heads of cascades (OCRHead): the level, made by another head, whose channels take the place of
            that head's class scores.
        form: How the head takes its maps: ``'list'``; ``'map'``, the only one by itself (DDRHead, PIDHead); or
            ``'pairs'``, each with a class token, which is None (DPTHead with ``readout_type='ignore'``).

    Raises:
        ValueError: If a level to read does not exist, the head has no such classifier, or ``previous`` or ``form`` does
            not suit it.
    """

    place = DECODE_HEAD
    classifier: str

    def __init__(
        self,
        levels: Mapping[str, Level],
        head: dict[str, Any],
        inputs: str | Sequence[str],
        level: str = 'out',
        classifier: str = 'conv_seg',
        previous: str | None = None,
        form: str = 'list',
    ) -> None:
        super().__init__(levels, head, inputs, previous)
        self.classifier, self.form, self.names = classifier, form, [level]
        self.classifiers = [classifier]
        self._check_form()
        self.stride = self.read[0].stride
        self.decode_head = build_foreign(complete_head(head, self.read, self.is_single, classifier))
        self._check_cascade()
        self._remove_classifier()
        self.train(self.training)

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> map, from the maps so far to the new one."""
        previous = None if self.previous is None else maps[self.previous]
        return {self.names[0]: self.run(self.decode_head, [maps[name] for name in self.inputs], previous)}

    def run(self, head: nn.Module, maps: list[Any], previous: Tensor | None = None) -> Tensor:
        """Runs a head, this one or mmseg's own, up to its classifier.

        Args:
            head: Whose classifier raises :class:`ClassifierReached`.
            maps: What it reads, each (B, C, h, w).
            previous: The map that it reads in place of class scores.

        Raises:
            ValueError: If the head returns without having come to its classifier.
        """
        given: Any = maps
        if self.form == 'map':
            (given,) = maps
        elif self.form == 'pairs':
            given = [x if isinstance(x, (list, tuple)) else (x, None) for x in maps]
        others: list[Any] = [] if previous is None else [previous]
        if 'batch_data_samples' in inspect.signature(head.forward).parameters:
            others.append(self._samples(maps[0]))
        try:
            head(given, *others)
        except ClassifierReached as reached:
            return reached.feature
        raise ValueError(
            f'{type(head).__name__} does not use its {self.classifier}: it has no feature map before a classifier; '
            'name another module by classifier, or take another head'
        )

    def build_downstream(self, library_type: str, given: Sequence[str], folded: bool = False) -> nn.Module:
        """Builds the head with its classifier; it chooses among all maps that it is given."""
        config = dict(self.config, type=library_type)
        positions = [given.index(level) for level in self.inputs]
        return build_foreign(complete_head(config, self.read, self.is_single, self.classifier, positions))

    def run_downstream(self, module: nn.Module, maps: list[Any], levels: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> what enters the classifier of a head that is given all maps."""

        def stop(classifier: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            raise ClassifierReached(inputs[0])

        given = [levels[self.inputs[0]]] if self.form == 'map' else maps
        hook = module.get_submodule(self.classifier).register_forward_pre_hook(stop)
        try:
            return {self.names[0]: self.run(module, given, None if self.previous is None else levels[self.previous])}
        finally:
            hook.remove()

    def train(self, mode: bool = True) -> 'SegHeadDecoder':
        """Sets the mode of all layers; the head's own flag, which only adds auxiliary outputs and inputs, stays off."""
        super().train(mode)
        self.decode_head.training = False
        return self

    def _samples(self, x: Tensor) -> list[BaseDataElement]:
        """What heads of queries are told of their images: the size of each, nothing of it padded."""
        size = tuple(cells * self.stride for cells in x.shape[2:])
        return [BaseDataElement(metainfo=dict(img_shape=size, batch_input_shape=size)) for _ in x]

    def _check_form(self) -> None:
        if self.form not in FORMS or (self.form == 'map' and len(self.inputs) > 1):
            raise ValueError(
                f'form is {self.form!r} for {len(self.inputs)} level(s); known: {FORMS}, map for one alone'
            )

    def _check_cascade(self) -> None:
        name = type(self.decode_head).__name__
        is_cascade = 'prev_output' in inspect.signature(self.decode_head.forward).parameters
        if is_cascade and self.previous is None:
            raise ValueError(f'{name} reads the output of another head: name the level that one makes by previous')
        if self.previous is not None and not is_cascade:
            raise ValueError(f'{name} reads no output of another head: leave out previous={self.previous!r}')

    def _remove_classifier(self) -> None:
        path, _, name = self.classifier.rpartition('.')
        try:
            owner = self.decode_head.get_submodule(path)
            owner.get_submodule(name)
        except AttributeError as error:
            raise ValueError(
                f'{type(self.decode_head).__name__} has no {self.classifier}: name the module that classifies by '
                'classifier; a head without one makes no feature map'
            ) from error
        setattr(owner, name, NoClassifier())
        if getattr(owner, 'dropout', None) is not None:
            owner.dropout = nn.Identity()  # some heads call it elsewhere too, without asking whether there is one
