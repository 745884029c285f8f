"""The Transformer: what a token sees, what its memory holds, and its attention by hand."""

import math

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.transformer import Attention, Transformer, rotated


def model(context=4, layers=2, **options):
    torch.manual_seed(0)
    made = Transformer(11, 8, layers, 2, context, **options).double()
    for parameter in made.parameters():  # attention that is anything but even
        torch.nn.init.normal_(parameter, std=0.5)
    return made


def test_no_token_sees_a_later_one_nor_one_beyond_its_reach():
    """One of L layers and context C: those up to L·(C − 1) before it, and no others."""
    tokens = torch.randint(11, (1, 14), generator=torch.Generator().manual_seed(1))
    for layers in (1, 2):
        transformer = model(context=4, layers=layers)
        before, _ = transformer(tokens)
        changed = tokens.clone()
        changed[0, 5] = (tokens[0, 5] + 1) % 11
        moved = (transformer(changed)[0] - before).abs().amax(-1)[0]
        reach = 5 + layers * 3
        assert not moved[:5].any()
        assert (moved[5 : reach + 1] > 1e-9).all()
        assert not moved[reach + 1 :].any()


def test_its_memory_is_bounded_and_says_all_there_was():
    transformer = model(context=4).eval()
    tokens = torch.randint(11, (3, 13))
    whole, _ = transformer(tokens)
    state, found = None, []
    for token in tokens.split(1, 1):  # as text is generated
        hidden, state = transformer(token, state)
        found.append(hidden)
        assert all(part.shape[:3] == (2, 3, 2) for part in state)
        assert state[0].shape[3] == min(len(found), 3)
    torch.testing.assert_close(torch.cat(found, 1), whole)


def test_attention_by_hand():
    """Softmax of scores of rotated queries and keys, within the context, head by head."""
    torch.manual_seed(0)
    attention = Attention(8, heads=2, context=3, dropout=0.0).double()
    x = torch.randn(1, 5, 8).double()
    got, _ = attention(x, None)
    queries, keys, values = (x[0] @ attention.projected.weight.T + attention.projected.bias).chunk(3, -1)
    expected = torch.zeros(5, 8).double()
    for head in (slice(0, 4), slice(4, 8)):
        for i in range(5):
            near = range(max(i - 2, 0), i + 1)

            def turned(vector, place):
                """A pair of coordinates is a complex number, turned by an angle of its own for each place."""
                pairs = torch.complex(vector[:2], vector[2:])
                angles = torch.tensor([1.0, 0.01]).double() * place
                pairs = pairs * torch.polar(torch.ones(2).double(), angles)
                return torch.cat([pairs.real, pairs.imag])

            scores = torch.stack([turned(queries[i, head], i) @ turned(keys[j, head], j) for j in near]) / 2
            expected[i, head] = scores.softmax(0) @ torch.stack([values[j, head] for j in near])
    torch.testing.assert_close(got[0], expected @ attention.added.weight.T + attention.added.bias)


def test_scores_depend_on_distance_only():
    torch.manual_seed(0)
    query, key = torch.randn(2, 1, 6).double()
    frequencies = torch.tensor([1.0, 0.3, 0.01]).double()
    scores = [rotated(query, (9 + k) * frequencies[None]) @ rotated(key, k * frequencies[None]).T for k in (0, 5, 700)]
    torch.testing.assert_close(scores[0], scores[1])
    torch.testing.assert_close(scores[0], scores[2])


def test_initial_weights_are_gpt2s():
    torch.manual_seed(0)
    weights = dict(Transformer(500, 64, layers=3, heads=2).named_parameters())
    assert weights["embedding.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    assert weights["layers.0.attention.projected.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    for name in ("attention.added", "added"):
        assert weights[f"layers.2.{name}.weight"].std().item() == pytest.approx(0.02 / math.sqrt(6), rel=0.05)
        assert not weights[f"layers.2.{name}.bias"].any()
    assert torch.equal(weights["norm.weight"], torch.ones(64))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"heads": 3}, "model.hidden_dim=128, model.heads=3: .*; take model.hidden_dim=126"),
        ({"context": 0}, "model.context=0: each is at least 1"),
        ({"dropout": 1.0}, "model.dropout=1.0"),
    ],
)
def test_bad_sizes(options, said):
    with pytest.raises(BadInput, match=said):
        Transformer(10, **options)
