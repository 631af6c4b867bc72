"""What a checkpoint tells of its run, and whether a run that goes on from it is the same one."""

from collections.abc import Iterator, Mapping, Sized
from typing import Any, NamedTuple, cast

from mmengine.dist import get_world_size
from torch.utils.data import DataLoader

LOOP, LENGTHS = 'train_cfg.type', ('train_cfg.max_epochs', 'train_cfg.max_iters')
RATE = 'optim_wrapper.optimizer.lr'
SCHEDULERS = 'param_scheduler'
# mmengine takes what these say from the checkpoint, whatever the config says, or it loses the place in the data
FIXED = (
    LOOP,
    SCHEDULERS,
    'optim_wrapper.optimizer',
    'optim_wrapper.constructor',
    'optim_wrapper.paramwise_cfg',
    'train_dataloader.sampler',
    'train_dataloader.batch_sampler',
    'train_dataloader.num_batch_per_epoch',
)
# what says where and how a run is watched, not what it computes
ELSEWHERE = (
    'auto_scale_lr',
    'default_hooks',
    'env_cfg',
    'experiment_name',
    'launcher',
    'load_from',
    'log_level',
    'log_processor',
    'resume',
    'visualizer',
    'vis_backends',
    'work_dir',
)
ANEW = 'or start a new run from these weights with --cfg-options load_from={path} and another --work-dir'


class Place(NamedTuple):
    """Where a resumed run stands.

    Attributes:
        epoch: Whole epochs done.
        step: Iterations done, in iterations of the run that goes on.
        batches: How many batches of the epoch at hand are done.
        converted: Whether the schedules have to be computed anew: the iterations are others than the checkpoint's.
        changes: What differs from the checkpoint's run and takes effect, one phrase each.
    """

    epoch: int
    step: int
    batches: int
    converted: bool
    changes: list[str]


def make_record(cfg: Mapping[str, Any], loader: DataLoader) -> dict[str, Any]:
    """What has to be known of a run to go on from its checkpoints; plain values alone.

    Args:
        cfg: The config, as plain dicts and lists.
        loader: Of the training images.

    Returns:
        ``processes``, ``images``, ``batch`` (images a process and iteration; 0 where batches vary), ``passes`` (of an
        optimiser step), ``iterations`` of an epoch, and ``options``, from dotted keys to values.
    """
    hooks = [hook for hook in cfg.get('custom_hooks') or [] if hook.get('type') != 'mmdecon.CheckStart']
    flat = _flat({**cfg, 'custom_hooks': hooks})
    options = {key: value for key, value in flat if key.partition('.')[0] not in ELSEWHERE}
    return dict(
        processes=get_world_size(),
        images=len(cast(Sized, loader.dataset)),
        batch=loader.batch_size or getattr(loader.batch_sampler, 'batch_size', 0),
        passes=(cfg.get('optim_wrapper') or {}).get('accumulative_counts', 1),
        iterations=len(loader),
        options=options,
    )


def compare(old: Mapping[str, Any], new: Mapping[str, Any], meta: Mapping[str, Any], path: str, extend: bool) -> Place:
    """Whether a run can go on from a checkpoint, and where it then stands.

    Args:
        old: The record in the checkpoint.
        new: That of the run that is to go on.
        meta: The checkpoint's ``epoch``, ``iter`` and ``seed``.
        path: Of the checkpoint, for messages.
        extend: Whether another length of the run is wanted.

    Raises:
        ValueError: If it cannot, or would silently be another run; names the difference and the remedy.
    """
    anew = ANEW.format(path=path)
    by_epoch = LENGTHS[0] in old['options']
    total_batch = {which: run['processes'] * run['batch'] for which, run in (('old', old), ('new', new))}
    same_batch = total_batch['old'] == total_batch['new']
    _refuse_fixed(old, new, anew, allowed=[RATE] * (not same_batch) + [SCHEDULERS] * extend)
    if old['images'] != new['images']:
        raise ValueError(
            f'{path} is of a run on {old["images"]} images, here are {new["images"]}; give the same, {anew}'
        )
    epoch, step = meta['epoch'], meta['iter']
    batches = step - epoch * old['iterations'] if by_epoch else 0
    same_pace = same_batch and old['iterations'] == new['iterations']
    if not same_pace and (batches or not by_epoch):
        where = f'in the midst of epoch {epoch + 1}' if by_epoch else 'of a run whose length is counted in iterations'
        raise ValueError(
            f'{path} is {where}, of {_batch(old)}; here it is {_batch(new)}. Keep '
            f'processes x train_dataloader.batch_size at {total_batch["old"]}, {anew}'
        )
    if by_epoch and not batches:
        step = epoch * new['iterations']
    _refuse_lost_gradients(old, new, meta['iter'], step, path)
    longer = any(old['options'].get(key) != new['options'].get(key) for key in LENGTHS)
    return Place(epoch, step, batches, longer or not same_pace, _changes(old, new))


def refuse_another_length(old: Mapping[str, Any], new: Mapping[str, Any], meta: Mapping[str, Any], path: str) -> None:
    """Refuses another length where schedules depend on it and nobody asked to extend the run.

    Args:
        old: The record in the checkpoint.
        new: That of the run that is to go on.
        meta: The checkpoint's ``epoch`` and ``iter``.
        path: Of the checkpoint.

    Raises:
        ValueError: If the lengths differ.
    """
    for key, unit in zip(LENGTHS, ('epoch', 'iter')):
        before, now = old['options'].get(key), new['options'].get(key)
        if before is not None and before != now:
            raise ValueError(
                f'{path} is of a run with {key}={before}, {meta[unit]} of them done, here it is {now}: its learning '
                f'rate and EMA momentum are on their way to the end of {before}. Keep {key}={before}; or --extend, '
                f'which goes on with both as in a run of {now}; {ANEW.format(path=path)}'
            )


def _refuse_fixed(old: Mapping[str, Any], new: Mapping[str, Any], anew: str, allowed: list[str]) -> None:
    """Refuses changes that would have no effect, or break the order of the images."""
    for key, before, now in _differences(old, new):
        if _within(key, FIXED) and not _within(key, allowed):
            raise ValueError(
                f'{key} is {now!r}, in the checkpoint {before!r}: a resumed run goes on with what the checkpoint '
                f'holds; set it back, {anew}'
            )


def _refuse_lost_gradients(old: Mapping[str, Any], new: Mapping[str, Any], done: int, step: int, path: str) -> None:
    """Refuses a place between two passes of one optimiser step, whose gradients no checkpoint holds."""
    for run, count in ((old, done), (new, step)):
        if count % run['passes']:
            raise ValueError(
                f'{path} is of iteration {count}, between two passes of an optimiser step of '
                f'optim_wrapper.accumulative_counts={run["passes"]}, whose gradients so far are lost; go on from a '
                f'checkpoint of an iteration that {run["passes"]} divides'
            )


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs and takes effect."""
    facts = [f'{_batch(old)} -> {_batch(new)}'] if _batch(old) != _batch(new) else []
    return facts + [f'{key}: {before!r} -> {now!r}' for key, before, now in _differences(old, new)]


def _batch(run: Mapping[str, Any]) -> str:
    """A run's batch in words."""
    passes = f' x {run["passes"]} passes' if run['passes'] > 1 else ''
    return f'{run["processes"]} process(es) x {run["batch"]} images{passes}, {run["iterations"]} iterations an epoch'


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Key, old value and new value of each option that differs; None where one run alone has it."""
    before, now = old['options'], new['options']
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            yield key, before.get(key), now.get(key)


def _within(key: str, parts: Any) -> bool:
    """Whether a dotted key is one of some keys, or below one."""
    return any(key == part or key.startswith(f'{part}.') for part in parts)


def _flat(value: Any, key: str = '') -> Iterator[tuple[str, Any]]:
    """A config's leaves by dotted keys; what is no plain value as text."""
    if isinstance(value, Mapping) and (value or not key):
        for name, item in value.items():
            yield from _flat(item, f'{key}.{name}' if key else str(name))
    elif isinstance(value, (list, tuple)) and value:
        for index, item in enumerate(value):
            yield from _flat(item, f'{key}.{index}')
    else:
        yield key, value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
