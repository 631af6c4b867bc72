"""mmseg's metric of depth, without silent NaN.

Shapes: H x W pixels.
"""

from collections.abc import Sequence
from typing import Any

from mmseg.evaluation import DepthMetric as MmsegDepthMetric
from torch import Tensor

from ..registry import METRICS


@METRICS.register_module()
class DepthMetric(MmsegDepthMetric):
    """mmseg's ``DepthMetric``, which refuses what would make all of its means NaN: an image without a valid pixel.

    Arguments and numbers are mmseg's.
    """

    def process(self, data_batch: dict[str, Any], data_samples: Sequence[dict[str, Any]]) -> None:
        """Keeps the valid pixels of a batch; mmengine calls it.

        Args:
            data_batch: Not used.
            data_samples: Each with ``img_path``, ``pred_depth_map`` and ``gt_depth_map`` (1, H, W), in metres.

        Raises:
            ValueError: If an image has no valid pixel, or a prediction is not finite there.
        """
        first = len(self.results)
        super().process(data_batch, data_samples)
        for (truth, prediction), sample in zip(self.results[first:], data_samples):
            name = sample.get('img_path', 'an image')
            if not len(truth):
                raise ValueError(self._without_a_pixel(name, sample['gt_depth_map']['data']))
            if not prediction.isfinite().all():
                raise ValueError(f'the depth predicted for {name} is not finite: the run diverged; lower its rate')

    def _without_a_pixel(self, name: str, truth: Tensor) -> str:
        """Tells what there is instead of valid pixels."""
        known = truth[truth > 0]
        found = f'its depth is {known.min():.4g} to {known.max():.4g} m' if len(known) else 'no depth of it is known'
        crop = f' in {self.crop_type}' if self.crop_type else ''
        return (
            f'{name} has no valid pixel left: {found}, and what counts is {self.min_depth_eval:g} to '
            f'{self.max_depth_eval:g} m{crop}; correct dataset.depth_scale, or min_depth_eval and max_depth_eval of '
            'the evaluator, or leave the image out by dataset.list_file'
        )
