import pytest
import torch
from mmengine.dataset import default_collate

from mmdecon.models.data_preprocessor import ViewPreprocessor
from mmdecon.registry import MODELS
from mmdecon.views import View

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def sample(seed: int, regions: bool = False) -> dict:
    generator = torch.Generator().manual_seed(seed)
    views = []
    for number in range(2):
        view = dict(
            image=torch.randint(0, 256, (3, 5, 7), generator=generator, dtype=torch.uint8),
            box=torch.rand(4, generator=generator) * 1000,
            flipped=torch.tensor(bool((seed + number) % 2)),
            source=torch.tensor([40.0, 30.0]),
        )
        if regions:
            view['regions'] = torch.randint(0, 2**20, (2, 5, 7), generator=generator, dtype=torch.int32)
        views.append(view)
    return dict(views=views)


def test_pixels_become_normalised_rgb_and_geometry_stays() -> None:
    samples = [sample(seed, regions=True) for seed in range(4)]
    made = MODELS.build(dict(type='mmdecon.ViewPreprocessor'))(default_collate(samples))
    assert list(made) == ['views'] and len(made['views']) == 2
    for number, view in enumerate(made['views']):
        given = [each['views'][number] for each in samples]
        assert isinstance(view, View) and view.image.dtype == torch.float32 and view.image.shape == (4, 3, 5, 7)
        for channel in range(3):
            bgr = torch.stack([each['image'][2 - channel] for each in given]).double()
            assert torch.allclose(view.image[:, channel].double(), (bgr - MEAN[channel]) / STD[channel], atol=1e-6)
        assert torch.equal(view.box, torch.stack([each['box'] for each in given])) and view.box.dtype == torch.float32
        assert view.flipped.tolist() == [each['flipped'].item() for each in given] and view.flipped.dtype == torch.bool
        assert torch.equal(view.regions, torch.stack([each['regions'] for each in given]).long())
        assert view.regions.dtype == torch.int64 and view.source.tolist() == [[40.0, 30.0]] * 4


def test_views_without_regions_and_training_flag() -> None:
    batch = default_collate([sample(0), sample(1)])
    preprocessor = ViewPreprocessor()
    plain, training = preprocessor(batch)['views'], preprocessor(batch, True)['views']
    assert plain[0].regions is None
    assert all(torch.equal(a.image, b.image) for a, b in zip(plain, training))
    assert batch['views'][0]['image'].dtype == torch.uint8  # the batch is not written to


def test_channel_order_and_statistics_can_be_chosen() -> None:
    batch = default_collate([sample(0)])
    made = ViewPreprocessor(mean=(0, 0, 0), std=(255, 255, 255), bgr_to_rgb=False)(batch)['views']
    assert torch.allclose(made[1].image * 255, batch['views'][1]['image'].float())
    doubled = ViewPreprocessor().double()(batch)['views'][0].image
    assert doubled.dtype == torch.float64


def test_statistics_are_no_part_of_a_checkpoint() -> None:
    assert not ViewPreprocessor().state_dict()


@pytest.mark.gpu
def test_views_move_to_the_models_device() -> None:
    batch = default_collate([sample(0, regions=True)])
    for view in ViewPreprocessor().cuda()(batch)['views']:
        assert {part.device.type for part in view if part is not None} == {'cuda'}
