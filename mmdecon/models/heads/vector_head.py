"""The head of methods that see an image as a whole: MoCo v2, SimCLR, BYOL.

Shapes: B images, C channels of the level, D channels of the projection, h x w cells.
"""

from torch import Tensor

from ...registry import MODELS
from ...valid_cells import mean_of_valid, valid_cells
from ...views import View
from .base import Head
from .mlp import RELU, Config, PointwiseMLP


@MODELS.register_module()
class VectorHead(PointwiseMLP, Head):
    """Projects the mean of a map's valid cells. Weights start as torch's own layers do.

    ========= ================= ================ ========= =========== ===========
    head of   norm_cfg          hidden_channels  last_bias hidden_bias last_norm
    ========= ================= ================ ========= =========== ===========
    MoCo v2   None              2048             True      True        False
    SimCLR    batch norm        2048             False     False       True
    BYOL      batch norm        4096             False     True        False
    ========= ================= ================ ========= =========== ===========

    Args:
        in_channels: Channels of the level.
        hidden_channels: Channels inside.
        out_channels: D.
        num_layers: Layers.
        norm_cfg: Norm after each hidden layer; None for none.
        act_cfg: Activation inside.
        last_bias: Whether the last layer has a bias.
        hidden_bias: Whether the others have one.
        last_norm: Whether a norm follows the last layer.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 2048,
        out_channels: int = 128,
        num_layers: int = 2,
        norm_cfg: Config | None = None,
        act_cfg: Config = RELU,
        last_bias: bool = True,
        hidden_bias: bool = True,
        last_norm: bool = False,
    ) -> None:
        layout = (in_channels, hidden_channels, out_channels, num_layers, norm_cfg, act_cfg)
        super().__init__(*layout, last_bias, hidden_bias, last_norm, init_cfg=None)
        self.spec = dict(channels=out_channels)

    def forward(self, feature: Tensor, view: View) -> Tensor:  # type: ignore[override]  # a head takes the view, too
        """Projects a map (B, C, h, w) of a view to (B, D), not normalised; 0 for an image without a valid cell."""
        valid = valid_cells(view, feature.shape[2:])
        vectors = super().forward(mean_of_valid(feature, valid))
        return vectors if valid is None else vectors * valid.flatten(1).any(dim=1)[:, None]
