"""Trains the model of a config: pre-training with mmdecon, or training with mmpretrain, mmsegmentation or mmdetection.

A config without test_dataloader pre-trains; export its checkpoint with tools/export.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import get_world_size
from mmengine.runner import Runner

from mmdecon.checkpoint import require_whole
from mmdecon.cli import build_runner, common_parser, load_config, require_checkpoint
from mmdecon.files import full_disk_named
from mmdecon.hooks.lone_image import REMEDY, TORCHS
from mmdecon.hooks.schedule_length import require_room
from mmdecon.processes import processes
from mmdecon.refusal import refuse, told_plainly
from mmdecon.resuming import find_checkpoint, refuse_overwriting


def mix_precision(cfg: Config) -> None:
    """Switches the optimizer wrapper to mixed precision, for ``--amp``.

    On a GPU the type is ``optim_wrapper.dtype`` of the config, by default float16. On a CPU it is bfloat16.
    """
    kind = cfg.optim_wrapper.get('type', 'OptimWrapper')
    kind = getattr(kind, '__name__', kind)
    on_cpu = get_device() == 'cpu'
    wrapper = 'mmdecon.BFloat16OptimWrapper' if on_cpu else 'AmpOptimWrapper'
    if kind == wrapper:
        return
    if kind != 'OptimWrapper':
        refuse(f"--amp turns OptimWrapper into {wrapper}, but optim_wrapper.type is '{kind}'; remove --amp.")
    if on_cpu and cfg.optim_wrapper.pop('dtype', 'bfloat16') != 'bfloat16':
        refuse('--amp without a GPU computes in bfloat16, but optim_wrapper.dtype is another type; remove it.')
    cfg.optim_wrapper.type = wrapper


def resume(cfg: Config, source: str) -> None:
    """Resumes training from a checkpoint, for ``--resume``.

    Args:
        cfg: The config, changed in place.
        source: Path of a checkpoint, or ``'auto'`` for the last one in the work directory. If there is none, the run
            starts from the beginning, with the ``load_from`` of the config.
    """
    checkpoint = find_checkpoint(cfg) if source == 'auto' else source
    if checkpoint:
        cfg.resume, cfg.load_from = True, require_checkpoint(checkpoint, '--resume')


def check_start(cfg: Config, overwrite: bool, extend: bool) -> None:
    """Adds the hook that checks what the run starts from, where the config has none, and gives it its options."""
    hooks = [hook for hook in cfg.get('custom_hooks') or [] if hook.get('type') != 'mmdecon.CheckStart']
    cfg.custom_hooks = [dict(type='mmdecon.CheckStart', overwrite=overwrite, extend=extend), *hooks]
    pointer = Path(cfg.work_dir, 'last_checkpoint')
    if cfg.get('resume'):
        return
    if cfg.get('load_from'):
        require_whole(cfg.load_from, 'load_from')  # mmengine's FlexibleRunner reads it before it calls any hook
    if overwrite:
        pointer.unlink(missing_ok=True)  # or --resume would take the old run's, were this one to end before it saves
    else:
        refuse_overwriting(cfg)


def verify_load(cfg: Config) -> None:
    """Adds the hook that checks the file in ``load_from``, where the config has none, for ``--verify-load``."""
    if not cfg.get('load_from'):
        refuse('--verify-load checks load_from, but the config names none: add --cfg-options load_from=FILE.')
    hooks = cfg.get('custom_hooks') or []
    if not any(hook.get('type') == 'mmdecon.VerifyLoad' for hook in hooks):
        cfg.custom_hooks = [*hooks, dict(type='mmdecon.VerifyLoad')]


def scale_lr(cfg: Config) -> None:
    """Lets mmengine scale the learning rate with the batch size, for ``--auto-scale-lr``."""
    if not (cfg.get('auto_scale_lr') or {}).get('base_batch_size'):
        refuse('--auto-scale-lr needs auto_scale_lr.base_batch_size, the batch size that the learning rate is for.')
    cfg.auto_scale_lr.enable = True


def require_a_batch(runner: Runner) -> None:
    """Refuses a run without iterations, which mmengine would end silently or with an error in a scheduler.

    Args:
        runner: The runner; its training loop is built here, as ``train`` does first.
    """
    loader = runner.train_loop.dataloader
    if len(loader) == 0:
        refuse(
            f'{len(loader.dataset)} images do not fill one batch of train_dataloader.batch_size='
            f'{loader.batch_sampler.batch_size} on each of {get_world_size()} process(es), and drop_last leaves out '
            'the rest; lower the batch size or give more images.'
        )


@contextmanager
def lone_values_named() -> Iterator[None]:
    """Says in one sentence that batch norm met a single value, which torch says of its own insides."""
    try:
        yield
    except ValueError as error:
        if TORCHS not in str(error):
            raise
        refuse(f'batch norm found a single value of a channel in a batch of one image; {REMEDY}.')


def main() -> None:
    """Parses the arguments and trains."""
    parser = common_parser(__doc__)
    resumed = 'resume from this checkpoint (default: the last one in the work directory, if there is one)'
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT', help=resumed)
    longer = 'with --resume: go on to another train_cfg.max_epochs or max_iters, on the schedules of that length'
    parser.add_argument('--extend', action='store_true', help=longer)
    parser.add_argument('--overwrite', action='store_true', help="start anew over an earlier run's checkpoints")
    fits = 'refuse a file in load_from that is no export of mmdecon, or does not fit; list what stays new'
    parser.add_argument('--verify-load', action='store_true', help=fits)
    mixed = 'mixed precision: float16 or optim_wrapper.dtype on a GPU; bfloat16 on a CPU, which few CPUs do fast'
    parser.add_argument('--amp', action='store_true', help=mixed)
    scale = 'multiply the learning rate by the total batch size / auto_scale_lr.base_batch_size'
    parser.add_argument('--auto-scale-lr', action='store_true', help=scale)
    args = parser.parse_args()
    cfg = load_config(args)
    if args.amp:
        mix_precision(cfg)
    if args.auto_scale_lr:
        scale_lr(cfg)
    if args.verify_load:
        verify_load(cfg)
    with told_plainly():
        if args.resume:
            resume(cfg, args.resume)
        check_start(cfg, args.overwrite, args.extend)
    with processes(cfg), told_plainly(), lone_values_named(), full_disk_named(cfg.work_dir):
        runner = build_runner(cfg)
        require_a_batch(runner)
        require_room(runner)
        runner.train()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        refuse('stopped; --resume goes on from the last checkpoint, if there is one.')
