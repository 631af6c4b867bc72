"""A run that was killed before an evaluation that was due makes up for it when it is resumed."""

from pathlib import Path

from ..support.here import rows, train

CONFIG, KEPT = 'tests/transfer/tiny.py', 'default_hooks.checkpoint.max_keep_ckpts=2'


def start(work_dir: Path, *arguments: str, interval: int = 2) -> list[int]:
    """Trains, and returns the steps at which the run was evaluated."""
    options = ('custom_hooks.0.type=mmdecon.EvaluateMissed', f'train_cfg.val_interval={interval}')
    train(work_dir, *arguments, options=(*options, 'train_cfg.max_iters=4', KEPT), config=CONFIG)
    return [row['step'] for row in rows(work_dir) if 'mIoU' in row]


def test_an_evaluation_is_made_up_for_where_it_was_due(tmp_path: Path) -> None:
    assert start(tmp_path) == [2, 4]
    next(path for path in tmp_path.iterdir() if path.is_dir()).rename(tmp_path / '0')  # older, in the same second too
    assert start(tmp_path, '--resume') == [4]  # at the end, where nothing is left to train
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_2.pth'))
    for stamp in (path for path in tmp_path.iterdir() if path.is_dir()):
        stamp.rename(tmp_path / f'0{stamp.name}')
    assert start(tmp_path, '--resume') == [2, 4]
