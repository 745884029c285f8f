"""The fixed window against its equation, token by token."""

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.losses.language_modeling import CrossEntropy
from embedlab.models.window import FixedWindow


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("window", [1, 2, 4])
def test_is_bengios_equation(window, direct):
    torch.manual_seed(0)
    model = FixedWindow(9, 3, 5, window, direct).double()
    output = CrossEntropy(9, model.output_dim).double()
    tokens = torch.randint(9, (2, 6))
    got = output.log_probabilities(model(tokens)[0].flatten(0, 1)).unflatten(0, (2, 6))
    hidden_layer, d = model.hidden.weight, model.hidden.bias
    u, w = output.weight[:, :5], output.weight[:, 5:]
    for row in range(2):
        for step in range(6):
            seen = [int(tokens[row, place]) if place >= 0 else None for place in range(step - window + 1, step + 1)]
            vectors = [torch.zeros(3).double() if token is None else model.embedding.weight[token] for token in seen]
            x = torch.cat(vectors)
            y = output.bias + u @ (d + hidden_layer @ x).tanh()
            if direct:
                y = y + w @ x
            torch.testing.assert_close(got[row, step], y.log_softmax(0))


def test_sizes():
    assert FixedWindow(9, 3, 5, 4, direct=True).output_dim == 5 + 4 * 3
    for options, said in (({"window": 0}, "model.window=0: each is at least 1"), ({"dropout": 1}, "model.dropout=1")):
        with pytest.raises(BadInput, match=said):
            FixedWindow(9, **options)
