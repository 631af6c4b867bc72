"""The processes that a tool runs in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.config import Config
from mmengine.device import get_device
from torch import distributed

from .refusal import refuse


@contextmanager
def processes(cfg: Config) -> Iterator[None]:
    """Joins the processes of a distributed run and leaves them at its end.

    mmengine joins them itself on GPUs; on a machine without one it fails, so there this function does, with gloo.

    Args:
        cfg: The config; without a GPU, its model wrapper is told so.

    Raises:
        SystemExit: If the launcher did not start this process, or needs a GPU that is not there.
    """
    if cfg.launcher == 'pytorch' and 'RANK' not in os.environ:
        refuse(
            '--launcher pytorch is for programs that torchrun starts: torchrun --nproc_per_node=2 tools/train.py ...'
        )
    if cfg.launcher != 'none' and get_device() == 'cpu':
        if cfg.launcher != 'pytorch':
            refuse(f'--launcher {cfg.launcher} needs a GPU; without one, use torchrun and --launcher pytorch.')
        distributed.init_process_group('gloo')
        if not cfg.get('strategy'):  # it wraps the model itself
            _wrap_without_gpu(cfg)
    yield
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()  # the first may still write the last checkpoint, which what comes next may read
        distributed.destroy_process_group()


def _wrap_without_gpu(cfg: Config) -> None:
    """Tells mmengine's model wrapper that there are no devices to choose from."""
    wrapper = dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    cfg.model_wrapper_cfg = {**wrapper, **(cfg.get('model_wrapper_cfg') or {}), 'device_ids': None}
