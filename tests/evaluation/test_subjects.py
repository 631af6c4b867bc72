"""Networks from checkpoints, exports and configs, and their random yardsticks."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmdecon.evaluation import Options, Sample, Split, from_scratch, open_subject, probe, with_random_decoder
from mmdecon.evaluation.draws import draw_images
from mmdecon.evaluation.seeing import see
from mmdecon.evaluation.subjects import read_colours
from mmdecon.export import convert, read_source, write
from tests.support import exports, tiny

GREY = dict(type='SegDataPreProcessor', mean=[1.0, 2.0, 3.0], std=[2.0, 4.0, 8.0], bgr_to_rgb=True)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a run that normalised its images."""
    path = exports.save(tmp_path_factory.mktemp('run') / 'epoch_1.pth', tiny.network(), 'c5', 'p2')
    content = torch.load(path, weights_only=True)
    config = Config.fromstring(content['meta']['cfg'], '.py')
    config.model.data_preprocessor = dict(type='mmdecon.ViewPreprocessor')
    content['meta']['cfg'] = config.pretty_text
    torch.save(content, path)
    return path


def image(height: int = 50, width: int = 70) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)


def maps(subject, picture: np.ndarray) -> dict[str, torch.Tensor]:
    return see(subject, Sample(picture, np.zeros(picture.shape[:2], int)), Options()).maps


def test_a_checkpoint_is_run_on_padded_normalised_images(checkpoint: str) -> None:
    subject = open_subject(checkpoint, 'teacher')
    network = read_source(checkpoint).network
    rgb = torch.from_numpy(image()[..., ::-1].copy()).permute(2, 0, 1)[None].float()
    mean, std = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
    x = (rgb - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    whole = torch.zeros(1, 3, 64, 96)
    whole[..., :50, :70] = x
    given = maps(subject, image())
    with torch.no_grad():
        expected = network(whole)
    assert list(given) == ['c2', 'c3', 'c4', 'c5', 'p2']  # p3 to p5 were not trained
    for name, value in given.items():
        torch.testing.assert_close(value, expected[name][0], msg=name)


def test_halves_differ(checkpoint: str) -> None:
    teacher, student = (maps(open_subject(checkpoint, half), image()) for half in ('teacher', 'student'))
    assert not torch.allclose(teacher['p2'], student['p2'])


def test_a_random_decoder_has_the_same_encoder(checkpoint: str) -> None:
    subject = open_subject(checkpoint, 'teacher')
    ours, random, again, other = (
        maps(one, image())
        for one in (subject, *(with_random_decoder(subject, seed, [image(), image(64, 64)]) for seed in (0, 0, 1)))
    )
    assert all(torch.equal(ours[name], random[name]) for name in ('c2', 'c5'))
    assert not torch.allclose(ours['p2'], random['p2'])
    assert torch.equal(random['p2'], again['p2']) and not torch.equal(random['p2'], other['p2'])


def test_a_network_from_scratch_shares_nothing(checkpoint: str) -> None:
    subject = open_subject(checkpoint, 'teacher')
    ours, random, again = (
        maps(one, image()) for one in (subject, *(from_scratch(subject, 0, [image(), image(64, 64)]) for _ in range(2)))
    )
    assert not any(torch.allclose(ours[name], random[name]) for name in ours)
    assert all(torch.equal(again[name], random[name]) for name in ours)


def test_norms_of_a_random_decoder_normalise(checkpoint: str) -> None:
    """On the images of their statistics, channels have about mean 0 and variance 1; c5 there has six cells alone,
    whose variance is counted as a sample's.
    """
    subject = open_subject(checkpoint, 'teacher')
    random = with_random_decoder(subject, 0, [image(64, 96)])
    cells = maps(random, image(64, 96))['p2'].flatten(1)
    torch.testing.assert_close(cells.mean(1), torch.zeros(8), atol=0.05, rtol=0)
    torch.testing.assert_close(cells.std(1, unbiased=False), torch.ones(8), atol=0.15, rtol=0)


def test_an_export_gives_the_checkpoints_maps(checkpoint: str, tmp_path: Path) -> None:
    source = read_source(checkpoint)
    write(source, convert(source, 'mmseg', 'encoder+decoder'), str(tmp_path / 'export.pth'))
    config = exports.target(tmp_path / 'target.py')
    model = Config.fromfile(config)
    model.model.pop('decode_head')
    model.model.data_preprocessor = GREY
    model.dump(config)
    export = open_subject(str(tmp_path / 'export.pth'), 'teacher', config)
    ours = open_subject(checkpoint, 'teacher')
    assert list(export.levels) == list(ours.levels)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        given, expected = export.network(x), ours.network(x)
    torch.testing.assert_close(given['p2'], expected['p2'])
    assert export.normalise(torch.tensor([7.0, 6.0, 5.0]).view(1, 3, 1, 1)).flatten().tolist() == [2.0, 1.0, 0.5]


def test_an_export_of_the_encoder_alone(checkpoint: str, tmp_path: Path) -> None:
    source = read_source(checkpoint)
    write(source, convert(source, 'mmseg', 'encoder'), str(tmp_path / 'export.pth'))
    subject = open_subject(str(tmp_path / 'export.pth'), 'teacher', exports.target(tmp_path / 'target.py'))
    assert list(subject.levels) == ['c2', 'c3', 'c4', 'c5'] and not subject.has_decoder


def test_an_export_for_another_model_is_refused(checkpoint: str, tmp_path: Path) -> None:
    source = read_source(checkpoint)
    write(source, convert(source, 'mmseg', 'encoder'), str(tmp_path / 'export.pth'))
    deep = exports.target(tmp_path / 'target.py', backbone=dict(exports.BACKBONE, depth=34))
    with pytest.raises(ValueError, match='does not fit the config: encoder'):
        open_subject(str(tmp_path / 'export.pth'), 'teacher', deep)


def test_a_config_alone(tmp_path: Path) -> None:
    """A model of mmseg, head included, whose map is what its classifier would read."""
    subject = open_subject(exports.target(tmp_path / 'model.py'), 'teacher')
    assert list(subject.levels) == ['c2', 'c3', 'c4', 'c5', 'p2', 'p3', 'p4', 'p5', 'out']
    assert maps(subject, image())['out'].shape == (8, 16, 24)


def test_a_level_that_does_not_exist_is_refused(checkpoint: str) -> None:
    from mmdecon.evaluation import choose_features

    subject = open_subject(checkpoint, 'teacher')
    with pytest.raises(ValueError, match=r"'p2\+p9' cannot be probed: run0?/?.*epoch_1 has c2, c3, c4, c5, p2"):
        choose_features(subject, ['p2+p9'])
    assert list(choose_features(subject, None)) == ['p2']


def test_colours_of_the_libraries() -> None:
    assert read_colours(GREY).to_rgb and read_colours(dict(to_rgb=True)).to_rgb
    assert astuple(read_colours(None)) == ((0.0,) * 3, (1.0,) * 3, False)
    assert read_colours(dict(type='mmdecon.ViewPreprocessor', mean=[13.0] * 3)).std == (58.395, 57.12, 57.375)


def test_what_can_be_seen_is_found(checkpoint: str) -> None:
    """Left dark, right bright: every method tells them apart, in pixels and in cells, at the image's size and half."""

    def read(index: int) -> Sample:
        noise = np.random.default_rng(index).integers(0, 40, (64, 96, 3))
        labels = (np.arange(96) >= 32 + 16 * (index % 3)).astype(int)[None].repeat(64, 0)
        return Sample((noise + 180 * labels[..., None]).astype(np.uint8), labels)

    split = Split(tuple('abcdef'), ('dark', 'bright'), read)
    subject = open_subject(checkpoint, 'teacher')
    for options in (dict(), dict(scoring='cell', labelling='centre'), dict(short_side=32)):
        how = Options(methods=('linear', 'knn', 'cluster'), cells=400, **options)
        rows = probe(subject, {'c2': ('c2',)}, split, split, draw_images(6, [2], 1, 0), how)
        assert {row.method: row.labels for row in rows} == dict(linear=2, knn=2, cluster=None)
        floor = 70 if 'short_side' in options else 80
        assert all(row.scores.mIoU > floor for row in rows), [(row.method, row.scores) for row in rows]
        assert {row.method: row.cells for row in rows}['knn'] == (192 if 'short_side' in options else 400)
