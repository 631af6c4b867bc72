"""Whether depth maps are in metres: looks at a few before any work."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from .depth_loading import read_depth

NEAREST = 1e-3  # metres; what is nearer is not evaluated (min_depth_eval of the protocols)
LOOKS = 8  # so many maps are read


def require_range(samples: Sequence[Mapping[str, Any]], max_depth: float | None) -> None:
    """Logs the range of a few depth maps, and refuses depth that no pixel has in common with what is to be predicted.

    Args:
        samples: Of :class:`DepthFolder`, with depth; the maps are taken at equal steps.
        max_depth: Farthest depth that is to be predicted, in metres; None for any.

    Raises:
        UnusableDepth: If one of the maps is not usable.
        ValueError: If no pixel is within the range.
    """
    chosen = [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, LOOKS).astype(int))]
    depths = [read_depth(one['depth_map_path'], one['depth_scale'], one['invalid_depth']) for one in chosen]
    known = np.concatenate([depth[depth > 0] for depth in depths])
    scale, found = chosen[0]['depth_scale'], f'{known.min():.4g} to {known.max():.4g} m'
    print_log(f'depth of {len(chosen)} of {len(samples)} maps: {found}, with dataset.depth_scale={scale:g}', 'current')
    if max_depth is not None and not ((known > NEAREST) & (known < max_depth)).any():
        raise ValueError(
            f'no valid pixel is left in {len(chosen)} of {len(samples)} depth maps, such as '
            f'{chosen[0]["depth_map_path"]}: with dataset.depth_scale={scale:g} their depth is {found}, and what '
            f'counts is {NEAREST:g} to {max_depth:g} m; correct dataset.depth_scale, or dataset.max_depth'
        )
