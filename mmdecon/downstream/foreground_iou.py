"""What mmseg measures, and the same without the background. Shapes: K classes."""

from typing import Any

import numpy as np
from mmseg.evaluation import IoUMetric

from ..registry import METRICS


@METRICS.register_module()
class ForegroundIoU(IoUMetric):
    """mmseg's ``IoUMetric`` that adds ``foreground_mIoU``, the mean IoU of all classes but the background.

    Where most of the pixels are background, mIoU rewards finding that. Both are in percent, rounded to two digits as
    mmseg does; classes that occur neither in annotations nor in predictions do not count.

    Args:
        background: The class to leave out.
        **kwargs: Of ``IoUMetric``.
    """

    def __init__(self, background: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.background = background

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Sums up all images; called by mmengine's evaluator.

        Args:
            results: Of each image: intersection, union, predicted and true pixels of the classes, (K,) each.

        Returns:
            mmseg's metrics and ``foreground_mIoU``; nothing if ``format_only``.
        """
        metrics = super().compute_metrics(results)
        if self.format_only:
            return metrics
        intersection, union = (sum(one[i] for one in results).double().numpy() for i in (0, 1))
        front = (union > 0) & (np.arange(len(union)) != self.background)
        iou = 100 * intersection[front] / union[front]
        metrics['foreground_mIoU'] = round(float(iou.mean()), 2) if front.any() else float('nan')
        return metrics
