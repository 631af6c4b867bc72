"""What a folder was made with: nothing of other options is taken for the result of these."""

from pathlib import Path

import pytest
import torch

from mmdecon.pretrain_for.record import (
    begin,
    has_begun,
    recorded,
    require_length,
    require_trained,
    require_undamaged,
    settle,
    was_edited,
)

TEXT, OPTIONS = 'a = 1\nb = 2\n', dict(amp=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """One that was written, beside the folder of its training."""
    (tmp_path / 'pretraining').mkdir()
    path = tmp_path / 'config.py'
    settle(path, TEXT, OPTIONS)
    return path


def again(config: Path, text: str = TEXT, **options: bool) -> None:
    settle(config, text, {**OPTIONS, **options})


def train(config: Path) -> Path:
    begin(config, 16)
    path = config.parent / 'pretraining/epoch_1.pth'
    path.touch()
    return path


def test_other_options_are_taken_where_nothing_was_trained(config: Path) -> None:
    again(config, 'a = 3\n', amp=True)
    assert config.read_text() == 'a = 3\n' and not was_edited(config)
    assert recorded(config, 'amp') is True and recorded(config.parent / 'no/config.py', 'amp') is None


def test_checkpoints_of_other_options_are_refused_also_without_the_config(config: Path) -> None:
    train(config)
    assert has_begun(config)
    again(config)
    for removed in (False, True):
        if removed:
            config.unlink()
        with pytest.raises(ValueError, match='checkpoints of other options ."b = 2" there, "b = 3" here.: give those'):
            again(config, 'a = 1\nb = 3\n')
        with pytest.raises(ValueError, match='amp False there, True here'):
            again(config, amp=True)
    again(config)
    assert config.read_text() == TEXT
    require_trained(config, config, 16)


def test_what_was_edited_stays(config: Path) -> None:
    config.write_text('a = 9\n')
    again(config)
    assert config.read_text() == 'a = 9\n' and was_edited(config)
    with pytest.raises(ValueError, match='was edited, and is of other options'):
        again(config, 'a = 3\n')
    checkpoint = train(config)
    require_trained(config, checkpoint, 16)
    config.write_text('a = 10\n')
    with pytest.raises(ValueError, match='epoch_1.pth was trained before .*config.py was edited: undo that'):
        require_trained(config, checkpoint, 16)


def test_checkpoints_of_nobody_knows_what_are_refused(config: Path) -> None:
    train(config)
    (config.parent / 'made_with.json').unlink()
    with pytest.raises(ValueError, match='nothing tells which'):
        again(config)


def test_a_config_that_was_trained_by_hand_is_known(config: Path) -> None:
    checkpoint = config.parent / 'pretraining/epoch_1.pth'
    require_trained(config, checkpoint, 16)
    config.write_text('a = 9\n')
    with pytest.raises(ValueError, match='was trained, by hand, before or after .*config.py was edited: undo that'):
        require_trained(config, checkpoint, 16)


def test_a_result_of_other_images_is_refused(config: Path) -> None:
    checkpoint = train(config)
    require_trained(config, checkpoint, 16)
    with pytest.raises(ValueError, match='epoch_1.pth was trained on 16 images, here are 17: give the same'):
        require_trained(config, checkpoint, 17)


def test_another_length_is_refused_before_it_is_trained(config: Path) -> None:
    config.write_text('model = dict()\ntrain_cfg = dict(max_epochs=2)\n')
    require_length(config, 2)
    with pytest.raises(ValueError, match='config.py was edited to train_cfg.max_epochs=2, and --epochs is 3: set it'):
        require_length(config, 3)


def test_options_are_named_before_lines_of_the_config(config: Path) -> None:
    train(config)
    again(config, more=True)  # of a version that did not tell it
    with pytest.raises(ValueError, match='other options .amp False there, True here.'):
        again(config, 'a = 3\n', amp=True)


def test_a_record_that_cannot_be_read_is_named(config: Path) -> None:
    (config.parent / 'made_with.json').write_text('{')
    with pytest.raises(ValueError, match='made_with.json, which tells what .* cannot be read: .*; remove'):
        again(config)


def test_a_last_checkpoint_that_was_cut_off_is_named_with_the_one_before(tmp_path: Path) -> None:
    first, last = tmp_path / 'epoch_1.pth', tmp_path / 'epoch_2.pth'
    torch.save(dict(state_dict=dict(a=torch.zeros(999))), last)
    require_undamaged(last)
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(ValueError, match=f'epoch_2.pth .*cut off .*; remove {tmp_path} to train anew'):
        require_undamaged(last)
    torch.save(dict(state_dict={}), first)
    with pytest.raises(ValueError, match=f'with the command above and --resume {first} instead of --resume'):
        require_undamaged(last)
