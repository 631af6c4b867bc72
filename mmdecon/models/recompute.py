"""Trading time for memory: what a backward pass needs is computed again instead of kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def run_segment(layers: Sequence[nn.Module], x: Tensor, run: Callable[[Sequence[nn.Module], Tensor], Tensor]) -> Tensor:
    """Runs layers one after the other and keeps their input alone; the backward pass runs them again.

    The results and the batch norms' statistics are those of a plain run: the second run does not count the batch again.
    It stops as soon as everything that a gradient needs is there, so that a segment should end in its costly layer,
    which is then not run twice. Layers must not draw random numbers.

    Args:
        layers: Layers of one input and one output.
        x: What the first one takes.
        run: Calls the layers one after the other.
    """
    return checkpoint(
        run,
        layers,
        x,
        use_reentrant=False,
        preserve_rng_state=False,
        context_fn=lambda: (nullcontext(), keeping_statistics(layers)),
    )


@contextmanager
def keeping_statistics(layers: Sequence[nn.Module]) -> Iterator[None]:
    """Within this, batch norms in train mode write their running statistics into copies, which are dropped."""
    norms = [part for layer in layers for part in layer.modules() if isinstance(part, _BatchNorm)]
    before = [dict(norm.named_buffers(recurse=False)) for norm in norms]
    for norm, buffers in zip(norms, before):
        for name, buffer in buffers.items():
            setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, buffers in zip(norms, before):
            for name, buffer in buffers.items():
                setattr(norm, name, buffer)
