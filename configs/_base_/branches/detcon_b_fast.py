# A DetCon-B branch for fine levels at a fraction of the cost, fast_branch, beside the published one for the encoder: a
# projector and a predictor of a quarter of the width. Regions are pooled from all cells, which costs little.
_base_ = './detcon_b.py'
fast_branch = dict(
    _base_.branch,
    head=dict(_base_.branch.head, hidden_channels=1024),
    objective=dict(_base_.branch.objective, hidden_channels=1024),
)
