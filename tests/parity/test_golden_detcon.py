"""DetCon's loss and mask pooling against the released code's numbers."""

from typing import Any

import pytest
import torch
from torch import Tensor

from mmdecon.models.heads.region_head import RegionEmbedding, pool
from mmdecon.models.objectives import DetConObjective
from mmdecon.models.region_sampler import share_cells
from tests.support.golden import draw, read

FILES = {name: read(f'detcon_{name}') for name in 'bs'}
CASES = [(name, number) for name, file in FILES.items() for number in range(len(file['cases']))]
MAPS = FILES['b']['mask_pooling']


def vectors(file: dict[str, Any], case: dict[str, Any], kind: str) -> list[Tensor]:
    """The embeddings of both views, leaves of the graph."""
    drawn = [draw(file['inputs'][f'{kind}_view{number}']) for number in (1, 2)]
    if case['embeddings'] == 'normalised':
        drawn = [x / x.norm(dim=2, keepdim=True) for x in drawn]
    return [x.requires_grad_(kind == 'prediction') for x in drawn]


@pytest.mark.parametrize(('name', 'number'), CASES)
def test_loss_terms_and_gradients(name: str, number: int) -> None:
    file, case = FILES[name], FILES[name]['cases'][number]
    ids = [torch.tensor(file['inputs']['mask_ids'][case['mask_ids']][f'view{view}']) for view in (1, 2)]
    predictions = vectors(file, case, 'prediction')
    queries = [RegionEmbedding(x, i) for x, i in zip(predictions, ids)]
    keys = queries if name == 's' else [RegionEmbedding(x, i) for x, i in zip(vectors(file, case, 'target'), ids)]
    objective = DetConObjective(
        8, predictor=False, temperature=case['temperature'], local_negatives=case['local_negatives']
    )
    terms = [objective(queries[i], keys[j], keys[i], None, None)['contrast'] for i, j in ((0, 1), (1, 0))]
    assert [term.item() for term in terms] == pytest.approx([case['term_view1'], case['term_view2']], rel=1e-9)
    assert sum(terms).item() == pytest.approx(case['loss'], rel=1e-9)
    sum(terms).backward()
    for view, prediction in zip((1, 2), predictions):
        check_gradient(prediction.grad, case[f'gradient_view{view}'])


def check_gradient(gradient: Tensor, recorded: dict[str, Any]) -> None:
    """Compares sum, sum of squares and the length for each image and region."""
    assert gradient.sum().item() == pytest.approx(recorded['sum'], rel=1e-9, abs=1e-12)
    assert gradient.square().sum().item() == pytest.approx(recorded['sum_of_squares'], rel=1e-9)
    expected = torch.tensor(recorded['norm_per_embedding'], dtype=torch.float64)
    torch.testing.assert_close(gradient.norm(dim=2), expected, rtol=1e-9, atol=1e-12)


def feature_map() -> Tensor:
    """Drawn channel last; (B, C, h, w)."""
    recipe = MAPS['feature_map']
    return draw(dict(recipe, shape=recipe['shape_as_drawn'])).permute(0, 3, 1, 2)


def sampled_shares(name: str, hard: bool) -> Tensor:
    """The shares of the recorded draws, (B, M, h, w); zeros for an id that is not in the image."""
    regions = torch.tensor(MAPS['maps'][name]['id_map']['values'])[:, None]
    table = share_cells(regions, (4, 6), hard)
    match = table.ids[:, None] == torch.tensor(MAPS['sampled_ids'])[:, :, None]  # (B, M, K)
    return torch.einsum('bmk,bkhw->bmhw', match.float(), table.shares)


@pytest.mark.parametrize('name', list(MAPS['maps']))
def test_cells_and_hard_pooling(name: str) -> None:
    recorded = MAPS['maps'][name]
    table = share_cells(torch.tensor(recorded['id_map']['values'])[:, None], (4, 6), hard=True)
    owner = (table.shares * table.ids[:, :, None, None]).sum(dim=1)
    assert owner.tolist() == recorded['id_of_each_cell_official']
    pooled = pool(feature_map(), sampled_shares(name, hard=True), min_area=1.0)
    expected = torch.tensor(recorded['pooled_official_one_hot'], dtype=torch.float64)
    torch.testing.assert_close(pooled, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize('name', list(MAPS['maps']))
@pytest.mark.parametrize(('key', 'min_area'), [('area_at_least_one', 1.0), ('area', 1e-12)])
def test_soft_pooling(name: str, key: str, min_area: float) -> None:
    recorded = MAPS['maps'][name]
    shares = sampled_shares(name, hard=False)
    assert shares.sum(dim=(2, 3)).tolist() == recorded['soft_area_of_sampled_ids']
    pooled = pool(feature_map(), shares, min_area)
    expected = torch.tensor(recorded[f'pooled_soft_divided_by_{key}'], dtype=torch.float64)
    torch.testing.assert_close(pooled, expected, rtol=1e-9, atol=1e-12)
