"""Linear probe: multinomial logistic regression on standardised features, in torch, so that it runs on a GPU.

Shapes: N cells, C channels, K classes.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from .features import Standardiser


class LinearProbe:
    """Fitted by L-BFGS on all cells at once, in double precision.

    It minimises the mean cross-entropy plus ``penalty / 2`` times the squared weights (not the biases), which
    scikit-learn's ``LogisticRegression`` does too with ``C = 1 / (penalty * N)``.

    Args:
        features: (N, C).
        labels: (N,), 0..K - 1.
        classes: K.
        penalty: On the squared weights, >= 0.
        iterations: At most.
    """

    def __init__(
        self, features: Tensor, labels: Tensor, classes: int, penalty: float = 1e-3, iterations: int = 200
    ) -> None:
        self.standardise = Standardiser(features)
        x = self.standardise(features).double()
        weight = x.new_zeros(x.shape[1], classes).requires_grad_()
        bias = x.new_zeros(classes).requires_grad_()
        solver = torch.optim.LBFGS(
            [weight, bias],
            max_iter=iterations,
            tolerance_grad=1e-7,
            tolerance_change=1e-13,
            line_search_fn='strong_wolfe',
        )

        def loss() -> Tensor:
            solver.zero_grad()
            value = cross_entropy(x @ weight + bias, labels) + penalty / 2 * weight.square().sum()
            value.backward()
            return value

        with torch.enable_grad():
            solver.step(loss)
        self.weight, self.bias = weight.detach().to(features), bias.detach().to(features)

    def __call__(self, features: Tensor) -> Tensor:
        """Probabilities (N, K) of the classes of cells (N, C)."""
        return torch.addmm(self.bias, self.standardise(features), self.weight).softmax(1)
