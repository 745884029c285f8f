"""ELMo: every token's layers from both sides, mixed by learned weights."""

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.elmo import ELMo
from embedlab.models.recurrent import Recurrent
from embedlab.models.recurrent_stack import RecurrentStack


def models(**options):
    torch.manual_seed(0)
    chosen = {"embedding_dim": 4, "hidden_dim": 4, "layers": 2, "dropout": 0.5} | options
    return [Recurrent(9, "lstm", **chosen).double() for _ in range(2)]


@pytest.mark.parametrize("boundary", [None, 8])
@pytest.mark.parametrize("options", [{}, {"layer_norm": True}])
def test_is_its_formula(options, boundary):
    ahead, back = models(**options)
    elmo = ELMo(ahead, back, boundary).double()
    with torch.no_grad():
        elmo.scalars.copy_(torch.tensor([0.3, -1.0, 2.0]))
        elmo.gamma.fill_(1.7)
    tokens, lengths = torch.randint(8, (3, 5)), torch.tensor([5, 1, 3])
    features = elmo(tokens, lengths)
    assert features.shape == (3, 5, elmo.embedding_dim)
    shares = torch.tensor([0.3, -1.0, 2.0]).double().softmax(0)
    start = [] if boundary is None else [boundary]
    for row, length in enumerate(lengths.tolist()):
        text = tokens[row, :length].tolist()
        sides = []
        for model, read in ((ahead, text), (back, text[::-1])):
            ids = torch.tensor([start + read])
            embedded = model.embedding(ids)
            cells = model.cells if options else RecurrentStack.of(model.cells)
            layers = torch.stack([embedded, *cells.eval().outputs(embedded)[0]])
            sides.append(torch.einsum("j,jsd->sd", shares, layers[:, 0, len(start) :]))
        expected = 1.7 * torch.cat([sides[0], sides[1].flip(0)], -1)
        torch.testing.assert_close(features[row, :length], expected)
        assert not features[row, length:].any()


def test_only_the_mixture_learns_and_nothing_is_dropped():
    ahead, back = models()
    elmo = ELMo(ahead, back).double().train()
    tokens = torch.randint(8, (2, 4))
    assert torch.equal(elmo(tokens), elmo(tokens))
    elmo(tokens).square().sum().backward()
    learned = {name for name, parameter in elmo.named_parameters() if parameter.requires_grad}
    assert learned == {"scalars", "gamma"}
    assert elmo.scalars.grad.any()
    assert all(parameter.requires_grad for parameter in ahead.parameters())  # the models themselves are as they were


@pytest.mark.parametrize(
    ("ahead", "back", "said"),
    [
        ({}, {"layers": 3}, "of one vocabulary, and of equally many layers"),
        ({"hidden_dim": 5}, {}, "its forward model are added, .* model.embedding_dim=5 model.hidden_dim=5"),
        ({}, {"bidirectional": True}, "its backward model are added"),
        ({"embedding": "one_hot"}, {}, "its forward model is one of model=lstm, gru or rnn with learned embeddings"),
    ],
)
def test_what_does_not_go_together(ahead, back, said):
    with pytest.raises(BadInput, match=said):
        ELMo(models(**ahead)[0], models(**back)[0])
