"""Norms of gradients by lag: a linear network's closed form, and differences by hand through torch's own cells."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from embedlab.evaluation.gradient_flow import gradient_norms
from embedlab.losses.language_modeling import CrossEntropy
from embedlab.models.recurrent import CELLS, Recurrent


class Linear(nn.Module):
    """``h_t = W h_{t−1} + e_t``."""

    def __init__(self, words, dim):
        super().__init__()
        self.embedding, self.weight = nn.Embedding(words, dim), nn.Parameter(torch.randn(dim, dim) / dim**0.5)

    def forward(self, tokens, state):
        state = self.embedding(tokens[:, 0])[None] + (0 if state is None else state @ self.weight.T)
        return state.transpose(0, 1), state


def test_of_a_linear_network_they_are_powers_of_its_matrix():
    torch.manual_seed(0)
    model, output = Linear(9, 6).double(), CrossEntropy(9, 6).double()
    tokens = torch.randint(9, (5, 12))
    (norms,) = gradient_norms(model, output.negative_log_likelihoods, tokens)
    hidden, state = None, None
    for step in range(11):
        hidden, state = model(tokens[:, step : step + 1], state)
    surprise = output.log_probabilities(hidden[:, 0]).exp() - functional.one_hot(tokens[:, -1], 9)
    back = surprise @ output.weight
    for lag in range(1, 11):
        back = back @ model.weight  # ∂loss/∂h_{t−k} = (Wᵀ)ᵏ ∂loss/∂h_t
        torch.testing.assert_close(norms[:, lag - 1], back.norm(dim=1))
    assert norms.shape == (5, 10)


@pytest.mark.parametrize("cell", CELLS)
def test_they_are_what_small_changes_of_the_state_do(cell):
    torch.manual_seed(0)
    model = Recurrent(9, cell, 3, 4, layers=2, init_range=0.8).double()
    output = CrossEntropy(9, 4, init_range=0.8).double()
    tokens, steps, size = torch.randint(9, (3, 8)), 7, 1e-5
    _, before = model(torch.randint(9, (3, 4)))
    found = gradient_norms(model, output.negative_log_likelihoods, tokens, before)

    @torch.no_grad()
    def losses(parts, lag):
        """Of the last token, when the state so many steps before is this."""
        hidden, _ = model(tokens[:, steps - lag : -1], parts[0] if len(parts) == 1 else tuple(parts))
        return output.negative_log_likelihoods(hidden[:, -1], tokens[:, -1])

    for lag in (1, 3, 6):
        _, state = model(tokens[:, : steps - lag], before)
        parts = [state] if isinstance(state, torch.Tensor) else list(state)
        for kind, norms in enumerate(found):
            slopes = []
            for layer, unit in itertools.product(range(2), range(4)):
                around = []
                for change in (size, -size):
                    moved = [part.detach().clone() for part in parts]
                    moved[kind][layer, :, unit] += change
                    around.append(losses(moved, lag))
                slopes.append((around[0] - around[1]) / (2 * size))
            expected = torch.stack(slopes).norm(dim=0)
            torch.testing.assert_close(norms[:, lag - 1], expected, rtol=1e-6, atol=1e-10)
    assert len(found) == (2 if cell == "lstm" else 1)


def test_what_has_no_gradient_to_measure():
    model, output = Recurrent(9, "gru", 3, 4), CrossEntropy(9, 4)
    with pytest.raises(ValueError, match=r"\(3, 2\): a gradient needs at least two steps"):
        gradient_norms(model, output.negative_log_likelihoods, torch.zeros(3, 2, dtype=torch.long))

    def window(tokens, state):
        return model(tokens)[0], tokens

    with pytest.raises(ValueError, match="carries no gradient from step to step"):
        gradient_norms(window, output.negative_log_likelihoods, torch.zeros(3, 5, dtype=torch.long))
