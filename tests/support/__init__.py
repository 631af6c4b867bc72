"""What several tests share. Importing it makes mmengine quicker in what no test looks at."""

from types import SimpleNamespace

import mmengine.runner.loops
import torch.utils.data
from mmengine.config import Config

# A run prints and stores its config six times, and laying that out as tidy Python takes longer than training a tiny
# model. Texts of configs are left as they are written.
Config.__init__.__defaults__ = (*Config.__init__.__defaults__[:-1], False)
# A loop of iterations sleeps for two seconds where an epoch ends; it takes nothing else of the module.
mmengine.runner.loops.time = SimpleNamespace(sleep=lambda seconds: None)
# A loader waits so many seconds for each worker to end by itself, five, before it ends it.
torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL = 0.5
