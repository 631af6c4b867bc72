"""Trains the model of a config: pre-training with mmdecon, or training with mmpretrain, mmsegmentation or mmdetection.

A config without test_dataloader pre-trains; export its checkpoint with tools/export.py.
"""

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import get_world_size
from mmengine.runner import Runner, find_latest_checkpoint

from mmdecon.cli import build_runner, common_parser, load_config, processes, require_checkpoint
from mmdecon.refusal import refuse, told_plainly


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
    checkpoint = find_latest_checkpoint(cfg.work_dir) if source == 'auto' else source
    if checkpoint:
        cfg.resume, cfg.load_from = True, require_checkpoint(checkpoint)


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


def main() -> None:
    """Parses the arguments and trains."""
    parser = common_parser(__doc__)
    resumed = 'resume from this checkpoint (default: the last one in the work directory, if there is one)'
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT', help=resumed)
    mixed = 'mixed precision: float16 or optim_wrapper.dtype on a GPU; bfloat16 on a CPU, which few CPUs do fast'
    parser.add_argument('--amp', action='store_true', help=mixed)
    scale = 'multiply the learning rate by the total batch size / auto_scale_lr.base_batch_size'
    parser.add_argument('--auto-scale-lr', action='store_true', help=scale)
    args = parser.parse_args()
    cfg = load_config(args)
    if args.amp:
        mix_precision(cfg)
    if args.resume:
        resume(cfg, args.resume)
    if args.auto_scale_lr:
        scale_lr(cfg)
    with processes(cfg), told_plainly():
        runner = build_runner(cfg)
        require_a_batch(runner)
        runner.train()


if __name__ == '__main__':
    main()
