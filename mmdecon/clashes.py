"""Refuses configs whose keys do not work together, where mmengine or torch would fail late or say nothing."""

from mmengine.config import Config

from .refusal import refuse

# Keys that mmengine's Runner reads, and its FlexibleRunner, which alone has strategies, does not.
UNREAD = (
    'activation_checkpointing',
    'compile',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
)
# Keys of a loader that torch refuses where it has no workers, and what they then have to be.
OF_WORKERS = dict(persistent_workers=False, prefetch_factor=None, multiprocessing_context=None)
SHARDED, SHARDING = 'mmdecon.ShardedStrategy', 'mmdecon.sharding'  # the strategy, and the module that registers it


def refuse_clashes(cfg: Config) -> None:
    """Looks at keys that clash.

    Args:
        cfg: With ``launcher`` set.

    Raises:
        SystemExit: If processes would accumulate gradients over a static graph, mmengine checkpoint a model of mmdecon,
            options of workers stand where there are none, or a strategy have no runner, no processes, no import, or
            keys beside it that nothing reads.
    """
    _refuse_static_accumulation(cfg)
    _refuse_checkpointing(cfg)
    _refuse_options_of_no_workers(cfg)
    if cfg.get('strategy'):
        _refuse_half_a_strategy(cfg)


def _refuse_static_accumulation(cfg: Config) -> None:
    """Refuses what torch ends with an internal error in the first step."""
    passes = (cfg.get('optim_wrapper') or {}).get('accumulative_counts', 1)
    if cfg.launcher != 'none' and passes > 1 and (cfg.get('model_wrapper_cfg') or {}).get('static_graph'):
        refuse(
            f'optim_wrapper.accumulative_counts={passes} with model_wrapper_cfg.static_graph=True: torch accumulates '
            'no gradients over a static graph; set static_graph=False.'
        )


def _refuse_checkpointing(cfg: Config) -> None:
    """Refuses mmengine's way of recomputing, which would leave an encoder untrained without a word."""
    if cfg.get('activation_checkpointing') and str((cfg.get('model') or {}).get('type')) == 'mmdecon.DeCon':
        refuse(
            f'activation_checkpointing={cfg.activation_checkpointing} counts batches twice in running statistics, and '
            'an encoder would get no gradients; add dict(type="mmdecon.Recompute", modules=[...]) to custom_hooks.'
        )


def _refuse_options_of_no_workers(cfg: Config) -> None:
    """Refuses what torch refuses in words of its own, naming no key."""
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name) or {}
        if not isinstance(loader, dict) or loader.get('num_workers'):
            continue
        for key, without in OF_WORKERS.items():
            if loader.get(key):
                refuse(
                    f'{name}.{key}={loader[key]} with num_workers=0: there are no workers for it; set {name}.{key}='
                    f'{without}, or num_workers to 1 or more'
                )


def _refuse_half_a_strategy(cfg: Config) -> None:
    """Refuses a strategy that mmengine would not read, or that would not read the rest of the config."""
    name = f"strategy.type='{cfg.strategy.get('type')}'"
    imports = (cfg.get('custom_imports') or {}).get('imports') or []
    if cfg.strategy.get('type') == SHARDED and SHARDING not in imports:
        refuse(
            f"{name} without {SHARDING} in custom_imports: add custom_imports = dict(imports=['{SHARDING}'], "
            'allow_failed_imports=False), as configs/_base_/scale/fsdp.py has it.'
        )
    if cfg.get('runner_type') != 'FlexibleRunner':
        refuse(f"{name} with runner_type={cfg.get('runner_type')!r}: set runner_type='FlexibleRunner', which reads it.")
    for key in UNREAD:
        if cfg.get(key):
            refuse(f'{name} with {key}, which FlexibleRunner does not read; leave one of the two out.')
    if cfg.strategy.get('type') == SHARDED and cfg.launcher == 'none':
        refuse(f'{name} shards a model over processes; start it with torchrun and --launcher pytorch, or slurm.')
