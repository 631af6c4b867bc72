"""A side of a network of two pre-trained networks (xNet): holds one of them and has it start from its own weights."""

from mmengine.model import BaseModule

from .pretrained import load_pretrained, take_starts


class StrictStart(BaseModule):
    """A module whose parts' ``init_cfg`` of type ``Pretrained`` are loaded strictly, and reported.

    mmseg's models would have mmengine load what happens to fit. In a DeCon network the network has taken them before,
    and loads as strictly.
    """

    def init_weights(self) -> None:
        """Initialises all parts, then loads what they start from.

        Raises:
            ValueError: If a tensor is missing, left over, or of another shape.
        """
        starts = take_starts(self, type(self).__name__)
        super().init_weights()
        for start in starts:
            load_pretrained(*start)
