import torch

from . import tiny


def test_bfloat16_learns_the_same() -> None:
    """Under autocast the losses stay float32 and close to those of full precision."""
    batch = tiny.views(batch=8)
    wanted = tiny.build().loss(batch)
    model = tiny.build()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        outputs = model.loss(batch)
    for name in ('loss_enc', 'loss_dec'):
        assert outputs[name].dtype == torch.float32
        torch.testing.assert_close(outputs[name], wanted[name], rtol=0.02, atol=0)
    tiny.total(outputs).backward()
    gradients = [p.grad for p in model.parameters() if p.requires_grad]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)
    assert model.branches.enc.objective.centre.dtype == torch.float32
