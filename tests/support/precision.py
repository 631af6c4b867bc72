"""What CPUs can compute in half precision."""

import pytest
import torch

float16_on_cpus = pytest.mark.skipif(
    not hasattr(torch.amp, 'GradScaler'), reason='this torch (2.1, say) computes in float16 on GPUs alone'
)
