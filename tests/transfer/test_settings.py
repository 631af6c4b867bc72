"""A config of a comparison is read, or refused in a sentence that names place and remedy."""

import pytest

from mmdecon.transfer.rates import Rate


def test_it_is_read_in_its_order(given, read):
    settings = read(given, _variable=3)
    assert list(settings.starts) == ['random', 'encoder', 'both']
    assert settings.rates == [Rate(3e-3, 3e-3)] and settings.tune is None
    assert settings.starts['encoder'].part == 'encoder' and settings.starts['random'].file is None


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        (dict(seed=[1]), r"^seed: nothing reads the key 'seed'. Did you mean 'seeds'\?"),
        (dict(starts=dict(a=dict(checkpoints='x'))), r"starts.a.checkpoints: .* Did you mean 'checkpoint'\?"),
        (dict(protocols=dict(p=dict(metric='mIoU'))), "protocols.p lacks 'config'"),
        (dict(protocols=dict(p=dict(config='no.py'))), "protocols.p.config is 'no.py', where there is no file"),
        (dict(starts=dict(a=dict(export='no.pth'))), "starts.a.export is 'no.pth', where there is no file"),
        (dict(seeds=[1, 1]), r'seeds is \[1, 1\]: give at least one, and each once'),
        (dict(labels=[]), r'labels is \[\]'),
        (dict(rates=[1e-3, -1]), 'rates.1 is -1: give a positive number'),
        (dict(rates=[dict(new=1e-3)]), r'rates.0 is .* dict\(new=..., pretrained=...\)'),
        (dict(rates=[1e-3, 1e-4]), 'starts.random has 2 rates and nothing chooses'),
        (dict(baselines=['nobody']), "baselines names 'nobody', which is none of the starts"),
        (dict(tune=dict(seeds=[])), 'tune.seeds is empty'),
        (dict(tune=dict(seeds=[0], val=1.5)), 'tune.val is 1.5: give a share between 0 and 1'),
        (dict(launcher=dict(launcher='slurm', gpus=8)), 'needs launcher.gpus_per_node and launcher.partition'),
    ],
)
def test_what_cannot_be_is_refused(given, read, changes, said):
    with pytest.raises(ValueError, match=said):
        read(given, **changes)


def test_two_files_of_one_start_are_refused(given, read, checkpoint):
    with pytest.raises(ValueError, match='starts.a has checkpoint and weights: give one'):
        read(given, starts=dict(a=dict(checkpoint=checkpoint, weights=checkpoint)))
