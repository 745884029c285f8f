"""Recurrent models against ``torch.nn`` with the same weights, and against the equations."""

import pytest
import torch
from torch import nn

from embedlab.errors import BadInput
from embedlab.models.recurrent import CELLS, Recurrent
from embedlab.models.state import detached

PLAIN = {
    "rnn_tanh": nn.RNN, "rnn_relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "lstm": nn.LSTM, "gru": nn.GRU,
}  # fmt: skip


def by_hand(cell, weights, x):
    """The equations of one layer of ``torch.nn``, step by step: outputs ``(rows, steps, H)``."""
    w_ih, w_hh, b_ih, b_hh = weights
    h = c = torch.zeros(len(x), w_hh.shape[1], dtype=x.dtype)
    outputs = []
    for step in x.unbind(1):
        given, past = step @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        if cell == "lstm":
            i, f, g, o = (given + past).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        elif cell == "gru":
            (r, z, n), (past_r, past_z, past_n) = given.chunk(3, 1), past.chunk(3, 1)
            r, z = (r + past_r).sigmoid(), (z + past_z).sigmoid()
            h = (1 - z) * (n + r * past_n).tanh() + z * h
        else:
            h = (given + past).tanh() if cell == "rnn_tanh" else (given + past).relu()
        outputs.append(h)
    return torch.stack(outputs, 1)


@pytest.mark.parametrize("cell", CELLS)
def test_is_torchs_and_the_equations(cell):
    torch.manual_seed(0)
    model = Recurrent(11, cell, embedding_dim=5, hidden_dim=6, layers=2, init_range=0.8).double()
    tokens = torch.randint(11, (3, 9))
    plain = PLAIN[cell](5, 6, 2, batch_first=True).double()
    plain.load_state_dict(model.cells.state_dict())
    x = torch.nn.functional.embedding(tokens, model.embedding.weight)
    expected, _ = plain(x)
    got, _ = model(tokens)
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
    for layer in range(2):
        names = [f"{kind}_{part}_l{layer}" for kind in ("weight", "bias") for part in ("ih", "hh")]
        x = by_hand(cell, [getattr(model.cells, name) for name in names], x)
    torch.testing.assert_close(got, x)


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_carries_all_there_was(cell):
    torch.manual_seed(0)
    model = Recurrent(11, cell, 5, 6, layers=2).double()
    tokens = torch.randint(11, (3, 9))
    whole, last = model(tokens)
    first, state = model(tokens[:, :4])
    second, end = model(tokens[:, 4:], detached(state))
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(end, last)
    second.sum().backward()
    assert not torch.equal(model.embedding.weight.grad[tokens[:, 4:].flatten()], torch.zeros(15, 5).double())
    only_before = set(tokens[:, :4].flatten().tolist()) - set(tokens[:, 4:].flatten().tolist())
    assert all(not model.embedding.weight.grad[token].any() for token in only_before)


def test_dropout_is_not_on_what_goes_from_step_to_step():
    """Inputs and outputs are dropped, each with the probability given; without dropout all repeats."""
    torch.manual_seed(0)
    model = Recurrent(11, "rnn_relu", 400, 400, layers=1, dropout=0.25)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.embedding.weight.fill_(1.0)
        model.cells.weight_ih_l0.copy_(torch.eye(400))
        model.cells.weight_hh_l0.copy_(torch.eye(400))  # each unit counts how often its input was not dropped
    hidden, state = model(torch.zeros(1, 20, dtype=torch.long))
    assert 0.2 < (hidden == 0).float().mean() < 0.35
    counts = state[0, 0] * 0.75
    torch.testing.assert_close(counts, counts.round())
    assert 14 < counts.mean() < 16
    hidden, state = model.eval()(torch.zeros(1, 20, dtype=torch.long))
    assert torch.equal(hidden[0, :, 0], torch.arange(1.0, 21))


def test_initial_weights_are_uniform():
    torch.manual_seed(0)
    model = Recurrent(500, "lstm", 20, 30, init_range=0.1)
    values = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    assert values.abs().max() <= 0.1
    assert values.std() == pytest.approx(0.1 / 3**0.5, rel=0.02)


@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal_weights_from_step_to_step(cell):
    torch.manual_seed(0)
    model = Recurrent(9, cell, 4, 5, recurrent_init="orthogonal", init_range=0.1)
    for layer in range(2):
        gates = getattr(model.cells, f"weight_hh_l{layer}").detach().split(5)
        assert len(gates) == {"lstm": 4, "gru": 3}.get(cell, 1)
        for gate in gates:
            torch.testing.assert_close(gate @ gate.T, torch.eye(5))
    assert model.cells.weight_ih_l0.abs().max() <= 0.1


def test_identity_weights_are_those_of_the_irnn():
    model = Recurrent(9, "rnn_relu", 4, 5, layers=1, recurrent_init="identity")
    assert torch.equal(model.cells.weight_hh_l0, torch.eye(5))
    assert not model.cells.bias_hh_l0.any()
    assert not model.cells.bias_ih_l0.any()
    hidden, state = model(torch.tensor([[1]]))
    with torch.no_grad():
        model.embedding.weight.zero_()
    later, _ = model(torch.zeros(1, 500, dtype=torch.long), state)
    assert torch.equal(later[:, -1], hidden[:, 0])  # what it holds it holds for ever


def test_one_hot_inputs_choose_a_weight_of_the_first_layer():
    torch.manual_seed(0)
    model = Recurrent(7, "rnn_tanh", hidden_dim=4, layers=1, embedding="one_hot").double()
    assert {name.split(".")[0] for name, _ in model.named_parameters()} == {"cells"}
    hidden, _ = model(torch.tensor([[3, 5]]))
    cells = model.cells
    first = (cells.weight_ih_l0[:, 3] + cells.bias_ih_l0 + cells.bias_hh_l0).tanh()
    second = cells.weight_ih_l0[:, 5] + cells.bias_ih_l0 + first @ cells.weight_hh_l0.T + cells.bias_hh_l0
    torch.testing.assert_close(hidden[0], torch.stack([first, second.tanh()]))


def test_from_both_ends_each_row_to_its_own():
    torch.manual_seed(0)
    model = Recurrent(11, "gru", 4, 5, layers=2, bidirectional=True).double()
    assert model.output_dim == 10
    tokens, lengths = torch.randint(11, (3, 6)), torch.tensor([6, 2, 4])
    hidden, _ = model(tokens, lengths=lengths)
    for row, length in enumerate(lengths.tolist()):
        alone, _ = model(tokens[row : row + 1, :length])
        torch.testing.assert_close(hidden[row, :length], alone[0])
        assert not hidden[row, length:].any()


def test_regularisation_of_activations_and_their_change():
    torch.manual_seed(0)
    options = {"activation_regularization": 2.0, "temporal_activation_regularization": 3.0}
    model = Recurrent(11, "lstm", 4, 5, dropout={"outputs": 0.5, "locked": True}, **options).double()
    tokens = torch.randint(11, (3, 6))
    torch.manual_seed(1)
    hidden, state, penalty = model.regularized(tokens)
    torch.manual_seed(1)
    again, _ = model(tokens)
    assert torch.equal(hidden, again)
    raw, last = model.eval()(tokens)
    torch.testing.assert_close(state, last)
    change = sum(((raw[:, t] - raw[:, t - 1]) ** 2).sum() for t in range(1, 6)) / (3 * 5 * 5)
    torch.testing.assert_close(penalty, 2 * (hidden**2).mean() + 3 * change)
    assert model.regularized(tokens[:, :1])[2].isfinite()  # one step has no change
    assert not Recurrent(11, "lstm", 4, 5).regularized(tokens)[2].any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cell": "lstn"}, "model.cell=lstn: no such cell; there are rnn_tanh, rnn_relu, lstm, gru"),
        ({"layers": 0}, "each is at least 1"),
        ({"dropout": 1.0}, "model.dropout=1.0"),
        ({"tied": True, "hidden_dim": 9}, "model.embedding_dim=200 and model.hidden_dim=9 must be equal"),
        ({"tied": True, "last_dim": 9}, "model.embedding_dim=200 and model.last_dim=9 must be equal"),
        ({"dropout": {"weights": 1.5}}, r"model.dropout.weights=1.5: a probability"),
        ({"embedding": "two_hot"}, "model.embedding=two_hot: there are learned and one_hot"),
        ({"embedding": "one_hot", "vectors": "v.bin"}, "model.embedding=one_hot: no vectors to tie"),
        ({"recurrent_init": "unit"}, "model.recurrent_init=unit: there are orthogonal, identity, and null"),
        ({"recurrent_init": "identity"}, "model.recurrent_init=identity: for model.cell=rnn_relu or rnn_tanh"),
        ({"freeze_vectors": True}, "model.freeze_vectors=true: name the vectors too"),
    ],
)
def test_bad_sizes(options, said):
    with pytest.raises(BadInput, match=said):
        Recurrent(10, **options)
