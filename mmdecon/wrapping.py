"""Models as they are below the wrappers of parallel training, and their parts by the names of a checkpoint."""

from fnmatch import fnmatchcase

from mmengine.device import get_device
from mmengine.model import is_model_wrapper
from torch import Tensor, nn

_WRAPPED = '_fsdp_wrapped_module.'  # what FSDP puts into the names of all that it wraps


def unwrapped(model: nn.Module) -> nn.Module:
    """The model within its wrapper, or the model itself where it has none."""
    inner = model.module if is_model_wrapper(model) else model
    assert isinstance(inner, nn.Module)
    return inner


def plain_name(name: str) -> str:
    """A parameter's name as a checkpoint has it.

    Examples:
        >>> plain_name('student._fsdp_wrapped_module.encoder.weight')
        'student.encoder.weight'
    """
    return name.replace(_WRAPPED, '')


def is_sharded(model: nn.Module) -> bool:
    """Whether the model is sharded: each process holds parts of it (FSDP)."""
    return any(hasattr(part, 'sharding_strategy') for part in model.modules())


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and buffer under every name that it has, as this process holds it; processes do not speak."""
    parts: dict[str, Tensor] = dict(unwrapped(model).named_parameters(remove_duplicate=False))
    parts.update(unwrapped(model).named_buffers(remove_duplicate=False))
    return {plain_name(name): tensor for name, tensor in parts.items()}


def whole_state(model: nn.Module) -> dict[str, Tensor]:
    """A model's state dict, in every process, though each may hold only shards.

    All processes must call it. Shards are put together on the CPU.
    """
    if not is_sharded(model):
        return unwrapped(model).state_dict()
    from torch.distributed.fsdp import FullStateDictConfig, FullyShardedDataParallel, StateDictType

    config = FullStateDictConfig(offload_to_cpu=get_device() != 'cpu', rank0_only=False)
    with FullyShardedDataParallel.state_dict_type(model, StateDictType.FULL_STATE_DICT, config):
        return model.state_dict()


def find_parts(model: nn.Module, pattern: str, key: str) -> dict[str, nn.Module]:
    """The modules that a pattern names.

    Args:
        model: Wrapped or not.
        pattern: A dotted name, or one with ``*``, ``?`` and ``[...]``, where ``*`` stands for any characters but dots.
        key: Of the config, which errors name.

    Returns:
        Name -> module, within whatever wraps it.

    Raises:
        ValueError: If it is no module's name, or that of a mere container.
    """
    named = {plain_name(f'{name}.')[:-1]: part for name, part in unwrapped(model).named_modules()}
    found = {name: part for name, part in named.items() if _fits(name, pattern)}
    mere = [name for name, part in found.items() if isinstance(part, (nn.ModuleList, nn.ModuleDict))]
    if not found or mere:
        wrong = f'{mere[0]!r} only holds modules and is never run itself' if mere else 'no module is called so'
        raise ValueError(f'{key} has {pattern!r}, but {wrong}; the names are those of a checkpoint')
    return found


def _fits(name: str, pattern: str) -> bool:
    """Whether a dotted name has as many components as the pattern, each fitting."""
    parts, wanted = name.split('.'), pattern.split('.')
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
