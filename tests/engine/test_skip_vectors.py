import pytest
import torch
from mmengine.model import MMFullyShardedDataParallel
from mmengine.optim import build_optim_wrapper

from tests.support import tiny


def build(model, **optimizer):
    config = dict(type='OptimWrapper', constructor='mmdecon.SkipVectors', optimizer=optimizer)
    return build_optim_wrapper(model, config)


def test_vectors_are_neither_decayed_nor_adapted() -> None:
    """With zero gradients only decay moves a parameter, and LARS only what it adapts."""
    model = tiny.build()
    wrapper = build(model, type='mmpretrain.LARS', lr=1.0, weight_decay=0.1)
    before = {name: p.clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p) if p.requires_grad else None
    with torch.no_grad():
        model.branches.enc.head.student.projector.layers[0].norm.bias.fill_(1.0)
        before['branches.enc.head.student.projector.layers.0.norm.bias'] = torch.ones(12)
        model.branches.enc.head.student.projector.layers[0].norm.bias.grad.fill_(0.5)
    wrapper.step()
    after = dict(model.named_parameters())
    bias = 'branches.enc.head.student.projector.layers.0.norm.bias'
    torch.testing.assert_close(after[bias], torch.full((12,), 0.5))  # one plain step of lr 1 on a gradient of 0.5
    for name, p in after.items():
        if p.requires_grad and name != bias:
            assert torch.equal(p, before[name]) is (p.dim() <= 1), name


def test_teachers_and_unused_parameters_are_left_out() -> None:
    model = tiny.build()
    wrapper = build(model, type='AdamW', lr=0.1, weight_decay=0.05)
    held = {id(p) for group in wrapper.optimizer.param_groups for p in group['params']}
    assert held == {id(p) for p in model.parameters() if p.requires_grad}
    assert [group['weight_decay'] for group in wrapper.optimizer.param_groups] == [0.05, 0.0]


def test_paramwise_cfg_is_refused() -> None:
    config = dict(
        type='OptimWrapper',
        constructor='mmdecon.SkipVectors',
        optimizer=dict(type='SGD', lr=0.1),
        paramwise_cfg=dict(norm_decay_mult=0.0),
    )
    with pytest.raises(ValueError, match='paramwise_cfg is .*which mmdecon.SkipVectors does not take'):
        build_optim_wrapper(tiny.build(), config)


def test_wrapped_for_one_process(tmp_path) -> None:
    """FSDP then leaves parameters whole; two processes' shards are refused in tests/sharding/test_two_processes.py."""
    plain = build(tiny.build(), type='SGD', lr=0.1)
    torch.distributed.init_process_group('gloo', f'file://{tmp_path}/rendezvous', rank=0, world_size=1)
    try:
        model = MMFullyShardedDataParallel(tiny.build(), use_orig_params=True, device_id=torch.device('cpu'))
        wrapper = build(model, type='SGD', lr=0.1)
    finally:
        torch.distributed.destroy_process_group()
    shapes, wanted = (
        [[p.shape for p in group['params']] for group in built.optimizer.param_groups] for built in (wrapper, plain)
    )
    assert shapes == wanted
