"""What loading leaves out of a file is told."""

import torch
import torchvision

from mmdecon.models.pretrained import load_pretrained
from mmdecon.registry import build_foreign


def test_what_a_backbone_has_no_place_for_is_named(tmp_path) -> None:
    file = {**torchvision.models.resnet18().state_dict(), 'extra.a': torch.ones(1), 'extra.b': torch.ones(1)}
    torch.save({f'net.{name}': value for name, value in file.items()}, tmp_path / 'net.pth')
    module = build_foreign(dict(type='mmpretrain.ResNet', depth=18))
    config = dict(checkpoint=str(tmp_path / 'net.pth'), prefix='net', ignore=['extra.'])
    assert load_pretrained(module, config, 'here') == ['extra.a', 'extra.b', 'fc.bias', 'fc.weight']
    assert torch.equal(module.conv1.weight, file['conv1.weight'])
