"""mmseg's loss and metric on depth with unknown pixels, as our protocols call them, against plain NumPy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, METRICS, MODELS, DefaultScope

from mmdecon.datasets import MaskDepth
from tests.support.depth_files import write_pair

from .test_depth import kitti

PROTOCOLS = Path(__file__).parents[2] / 'configs/downstream/_base_/protocols'


def measures(truth, prediction):
    """The usual nine of one picture; truth and prediction are its evaluated pixels."""
    ratio = np.maximum(truth / prediction, prediction / truth)
    off, log = prediction - truth, np.log(prediction) - np.log(truth)
    return dict(
        d1=(ratio < 1.25).mean(),
        d2=(ratio < 1.25**2).mean(),
        d3=(ratio < 1.25**3).mean(),
        abs_rel=(np.abs(off) / truth).mean(),
        sq_rel=(off**2 / truth).mean(),
        rmse=(off**2).mean() ** 0.5,
        rmse_log=(log**2).mean() ** 0.5,
        log10=np.abs(np.log10(prediction / truth)).mean(),
        silog=((log**2).mean() - 0.5 * log.mean() ** 2) ** 0.5,
    )


def evaluate(protocol, root, predict):
    """Runs a protocol's test pipeline and metric on predictions for each true depth map; returns the results."""
    cfg = Config.fromfile(PROTOCOLS / f'{protocol}.py')
    with DefaultScope.overwrite_default_scope('mmseg'):
        dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, data_root=str(root)))
        metric = METRICS.build(cfg.test_evaluator)
        for number in range(len(dataset)):
            packed = dataset[number]['data_samples']
            depth = torch.from_numpy(predict(number, packed.gt_depth_map.shape)).float()[None]
            metric.process({}, [dict(packed.to_dict(), pred_depth_map=dict(data=depth))])
        return metric.evaluate(len(dataset))


def predictions(farthest):
    return lambda number, shape: np.random.default_rng(number).uniform(0.3, farthest, shape)


def expected(maps, farthest, region):
    """The means over pictures, in float64."""
    rows = []
    for number, truth in enumerate(maps):
        counted = np.zeros(truth.shape, bool)
        counted[region] = True
        counted &= (truth > 1e-3) & (truth < farthest)
        rows.append(measures(truth[counted], predictions(farthest)(number, truth.shape)[counted]))
    return {name: np.mean([row[name] for row in rows]) for name in rows[0]}


def compare(found, wanted):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=2e-5), name


def test_nyu_is_measured_in_eigens_crop_up_to_ten_metres(tmp_path):
    maps = []
    for number in range(2):
        values = np.random.default_rng(number).integers(0, 12000, (480, 640)).astype(np.uint16)
        name = f'bathroom_0001_{number}'
        write_pair(tmp_path / f'images/test/{name}.jpg', tmp_path / f'annotations/test/{name}.png', (480, 640), values)
        maps.append(values / 1000)
    found = evaluate('nyu_depth', tmp_path, predictions(10))
    compare(found, expected(maps, 10, np.s_[45:471, 41:601]))


def test_kitti_is_measured_in_gargs_crop_of_the_cut(tmp_path):
    cut = kitti(tmp_path)[375 - 352 :, 13 : 13 + 1216] / 256
    found = evaluate('kitti_depth', tmp_path, predictions(80))
    rows, columns = (int(share * 352) for share in (0.40810811, 0.99189189)), (43, 1172)
    compare(found, expected([cut], 80, np.s_[slice(*rows), slice(*columns)]))


def judge(truth, prediction=2.0, **options):
    """Our metric of one picture."""
    metric = METRICS.build(dict(type='mmdecon.DepthMetric', max_depth_eval=10.0, **options))
    depth = torch.full(truth.shape, prediction)
    metric.process({}, [dict(img_path='a.jpg', gt_depth_map=dict(data=truth), pred_depth_map=dict(data=depth))])
    return metric.evaluate(1)


def test_a_picture_without_a_valid_pixel_is_refused_with_its_range():
    truth = torch.full((1, 480, 640), 700.0)
    truth[0, 0] = torch.linspace(2000, 3000, 640)
    with pytest.raises(ValueError, match=r'a\.jpg has no valid pixel left: its depth is 700 to 3000 m, .* 0 to 10 m;'):
        judge(truth)
    truth[0, 0] = 5
    assert judge(truth)['abs_rel'] == pytest.approx(0.6)
    with pytest.raises(ValueError, match='its depth is 5 to 700 m, .* in nyu_crop; correct dataset.depth_scale'):
        judge(truth, crop_type='nyu_crop')
    with pytest.raises(ValueError, match='no depth of it is known'):
        judge(torch.zeros(1, 480, 640))
    with pytest.raises(ValueError, match=r'predicted for a\.jpg is not finite'):
        judge(truth, float('nan'))


def test_our_mask_is_mmsegs_crop():
    depth = np.random.default_rng(0).uniform(1, 9, (480, 640)).astype(np.float32)
    metric = METRICS.build(dict(type='mmseg.DepthMetric', crop_type='nyu_crop', max_depth_eval=10))
    masked = dict(gt_depth_map=depth, depth_map_path='depth.png')
    ours = MaskDepth('nyu_eigen')(masked)['gt_depth_map'] > 0
    np.testing.assert_array_equal(metric._get_eval_mask(torch.from_numpy(depth)).numpy(), ours)


def test_the_loss_leaves_out_what_is_not_known():
    draw = torch.Generator().manual_seed(0)
    truth = torch.rand(2, 1, 8, 8, generator=draw) * 5 + 0.5
    prediction = (torch.rand(2, 1, 8, 8, generator=draw) * 5 + 0.5).requires_grad_()
    truth[:, :, :3] = 0
    loss = MODELS.build(dict(type='mmseg.SiLogLoss'))(prediction, truth)
    loss.backward()
    assert not prediction.grad[:, :, :3].any() and prediction.grad[:, :, 3:].all()
    gaps = np.log(prediction.detach().numpy()[:, :, 3:] / truth.numpy()[:, :, 3:]).reshape(2, -1)
    wanted = ((gaps**2).mean(1) - 0.5 * gaps.mean(1) ** 2) ** 0.5
    assert loss.item() == pytest.approx(wanted.mean(), rel=1e-5)


def test_a_picture_without_known_depth_gives_no_gradient_and_no_nan():
    prediction = torch.full((1, 1, 4, 4), 2.0, requires_grad=True)
    loss = MODELS.build(dict(type='mmseg.SiLogLoss'))(prediction, torch.zeros(1, 1, 4, 4))
    loss.backward()
    assert loss.item() == 0 and torch.equal(prediction.grad, torch.zeros(1, 1, 4, 4))
