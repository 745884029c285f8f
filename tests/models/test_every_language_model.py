"""What every model of text has to do: lose nothing where a window ends, and learn a line by heart."""

import pytest
import torch

from embedlab.losses.language_modeling import CrossEntropy
from embedlab.models.recurrent import CELLS, Recurrent
from embedlab.models.state import detached, moved
from embedlab.models.transformer import Transformer
from embedlab.models.window import FixedWindow

AWD = {
    "last_dim": 16, "tied": True, "dropout": {"inputs": 0.1, "weights": 0.2, "locked": True},
    "activation_regularization": 0.01, "temporal_activation_regularization": 0.01,
}  # fmt: skip
MODELS = {
    **{cell: lambda v, cell=cell: Recurrent(v, cell, 16, 32) for cell in CELLS},
    "awd": lambda v: Recurrent(v, "lstm", 16, 32, **AWD),
    "one_hot": lambda v: Recurrent(v, "gru", hidden_dim=32, embedding="one_hot", layer_norm=True),
    "window": lambda v: FixedWindow(v, 16, 32, window=4),
    "transformer": lambda v: Transformer(v, 32, layers=2, heads=2, context=12),
}


@pytest.fixture(params=MODELS)
def model(request):
    torch.manual_seed(0)
    return MODELS[request.param]


def test_nothing_depends_on_where_windows_end(model):
    read = model(9).double().eval()
    tokens = torch.randint(9, (2, 40))
    whole, last = read(tokens)
    for steps in (1, 3, 17):
        state, found = None, []
        for window in tokens.split(steps, 1):
            hidden, state = read(window, state)
            state = moved(detached(state), torch.device("cpu"))
            found.append(hidden)
        torch.testing.assert_close(torch.cat(found, 1), whole)
        torch.testing.assert_close(state, last)
    assert whole.shape == (2, 40, read.output_dim)
    alone, _ = read(tokens[1:])
    torch.testing.assert_close(alone[0], whole[1])  # nor on the other rows


def test_rows_are_the_second_dimension_of_the_state(model):
    read = model(9).double().eval()
    tokens, order = torch.randint(9, (3, 20)), torch.tensor([2, 0])
    _, state = read(tokens)
    parts = state if isinstance(state, tuple) else (state,)
    chosen = tuple(part[:, order] for part in parts)
    after, _ = read(tokens[order], chosen if isinstance(state, tuple) else chosen[0])
    torch.testing.assert_close(after, read(tokens, state)[0][order])


@pytest.mark.parametrize("model", ["awd", "window", "transformer"])
def test_hello_world_is_learned_by_heart(model):
    """The others do so in training proper, see the tests of the task."""
    torch.manual_seed(0)
    text = "hello world\n"
    letters = sorted(set(text))
    tokens = torch.tensor([[letters.index(c) for c in text * 2]])
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    read = MODELS[model](len(letters))
    output = CrossEntropy(len(letters), read.output_dim)
    if read.tied:
        output.tie(read.embedding.weight)
    optimizer = torch.optim.Adam(dict.fromkeys([*read.parameters(), *output.parameters()]), lr=0.01)
    for _ in range(150):
        hidden, _, penalty = read.regularized(inputs) if hasattr(read, "regularized") else (*read(inputs), 0)
        loss = output(hidden[0], targets[0]) + penalty
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(read.parameters(), 1.0)
        optimizer.step()
    hidden, _ = read.eval()(inputs)
    assert output.negative_log_likelihoods(hidden[0], targets[0])[3:].max() < 0.1
