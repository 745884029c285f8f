"""Layers one upon another: torch's own where nothing is added, and what is added where it belongs."""

import pytest
import torch
from torch import nn

from embedlab.models.recurrent import Recurrent
from embedlab.models.recurrent_dropout import RecurrentDropout
from embedlab.models.recurrent_stack import CELLS, RecurrentStack


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_without_dropout_it_is_torchs_fused_module(cell, bidirectional):
    torch.manual_seed(0)
    fused = CELLS[cell](5, 6, 3, batch_first=True, bidirectional=bidirectional).double()
    stack = RecurrentStack.of(fused)
    x, lengths = torch.randn(4, 7, 5).double(), torch.tensor([7, 1, 3, 6])
    hidden, state = stack(x)
    expected, last = fused(x)
    torch.testing.assert_close(hidden, expected, rtol=0, atol=0)
    torch.testing.assert_close(state, last, rtol=0, atol=0)
    torch.testing.assert_close(stack(x, state)[0], fused(x, last)[0], rtol=0, atol=0)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, last = fused(packed)
    hidden, state = stack(x, lengths=lengths)
    torch.testing.assert_close(hidden, nn.utils.rnn.pad_packed_sequence(expected, batch_first=True)[0])
    torch.testing.assert_close(state, last)


@pytest.mark.parametrize("cell", CELLS)
def test_layers_of_different_widths_carry_their_state(cell):
    torch.manual_seed(0)
    stack = RecurrentStack(cell, [5, 8, 3, 6], layer_norm=True).double()
    x = torch.randn(2, 9, 5).double()
    whole, last = stack(x)
    first, state = stack(x[:, :4])
    second, end = stack(x[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(end, last)
    for part in end if isinstance(end, tuple) else (end,):
        assert part.shape == (3, 2, 8)
        assert not part[1, :, 3:].any()
    by_hand = x
    for layer, norm in zip(stack.layers, stack.norms, strict=True):
        by_hand = norm(layer(by_hand)[0])
    torch.testing.assert_close(whole, by_hand)
    assert whole.mean(-1).abs().max() < 1e-9  # of layer norm


def test_recurrent_weights_are_dropped_as_often_as_said_and_no_others(monkeypatch):
    torch.manual_seed(0)
    stack = RecurrentStack("lstm", [4, 50], RecurrentDropout(weights=0.3))
    seen = []
    forward = nn.LSTM.forward

    def noted(layer, *given):
        seen.append({name: getattr(layer, name).detach().clone() for name in kept})
        return forward(layer, *given)

    kept = {name: weight.detach().clone() for name, weight in stack.layers[0].named_parameters()}
    monkeypatch.setattr(nn.LSTM, "forward", noted)
    x = torch.randn(2, 5, 4)
    stack(x)[0].sum().backward()
    stack(x)
    stack.eval()(x)
    for found in seen[:2]:
        dropped = found["weight_hh_l0"] == 0
        assert dropped.float().mean() == pytest.approx(0.3, abs=0.02)
        torch.testing.assert_close(found["weight_hh_l0"][~dropped], kept["weight_hh_l0"][~dropped] / 0.7)
        assert all(torch.equal(found[name], kept[name]) for name in kept if name != "weight_hh_l0")
    assert not torch.equal(seen[0]["weight_hh_l0"], seen[1]["weight_hh_l0"])  # drawn for each window
    assert all(torch.equal(seen[2][name], kept[name]) for name in kept)
    gradient = stack.layers[0].weight_hh_l0.grad
    assert torch.equal(gradient == 0, seen[0]["weight_hh_l0"] == 0)  # what was dropped learns nothing
    assert list(dict(stack.named_parameters())) == [f"layers.0.{name}" for name in kept]


def test_with_dropped_weights_it_is_the_equations_with_these(monkeypatch):
    torch.manual_seed(0)
    stack = RecurrentStack("gru", [4, 6, 5], RecurrentDropout(weights=0.5)).double()
    x = torch.randn(2, 5, 4).double()
    masks = [torch.rand_like(layer.weight_hh_l0) for layer in stack.layers]
    drawn = iter(masks)
    monkeypatch.setattr(nn.functional, "dropout", lambda x, p, *of_modules: x if of_modules else x * next(drawn))
    got, _ = stack(x)
    got.square().sum().backward()
    plain = RecurrentStack("gru", [4, 6, 5]).double()
    plain.load_state_dict(stack.state_dict())
    for layer, mask in zip(plain.layers, masks, strict=True):
        with torch.no_grad():
            layer.weight_hh_l0 *= mask
    expected, _ = plain(x)
    expected.square().sum().backward()
    torch.testing.assert_close(got, expected)
    for layer, other, mask in zip(stack.layers, plain.layers, masks, strict=True):
        torch.testing.assert_close(layer.weight_hh_l0.grad, other.weight_hh_l0.grad * mask)
        torch.testing.assert_close(layer.weight_ih_l0.grad, other.weight_ih_l0.grad)


def test_all_of_awd_lstm_without_probabilities_is_the_plain_model():
    torch.manual_seed(0)
    plain = Recurrent(11, "lstm", 6, 6, layers=3, tied=True).double()
    awd = Recurrent(11, "lstm", 6, 6, layers=3, tied=True, dropout={"locked": True}).double()
    awd.embedding.load_state_dict(plain.embedding.state_dict())
    awd.cells.load_state_dict(RecurrentStack.of(plain.cells).state_dict())
    tokens = torch.randint(11, (3, 7))
    torch.testing.assert_close(awd(tokens)[0], plain(tokens)[0], rtol=0, atol=0)
    dropping = {"words": 0.1, "inputs": 0.4, "layers": 0.25, "outputs": 0.4, "weights": 0.5, "locked": True}
    awd = Recurrent(11, "lstm", 6, 6, layers=3, tied=True, dropout=dropping).double()
    awd.embedding.load_state_dict(plain.embedding.state_dict())
    awd.cells.load_state_dict(RecurrentStack.of(plain.cells).state_dict())
    assert not torch.allclose(awd(tokens)[0], plain(tokens)[0])
    torch.testing.assert_close(awd.eval()(tokens)[0], plain(tokens)[0], rtol=0, atol=0)
