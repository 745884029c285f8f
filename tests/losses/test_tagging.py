"""Output layers of taggers: what they learn from, what they decode, whatever stands beside a sentence."""

import pytest
import torch
from torch.nn import functional

from embedlab.errors import BadInput
from embedlab.losses.tagging import Crf, TagSoftmax
from embedlab.text.tagged import may_follow

TAGS = ["O", "B-x", "I-x", "B-y", "I-y"]
LENGTHS = torch.tensor([6, 1, 3])


def layer(kind, **more):
    torch.manual_seed(0)
    return kind(TAGS, 4, **more).double()


@pytest.fixture
def hidden():
    torch.manual_seed(1)
    return torch.randn(3, 6, 4, dtype=torch.float64) * 3


@pytest.fixture
def tags():
    torch.manual_seed(2)
    return torch.randint(len(TAGS), (3, 6))


@pytest.mark.parametrize("kind", [TagSoftmax, Crf])
def test_a_sentence_is_the_same_beside_others(kind, hidden, tags):
    output = layer(kind)
    together, found = output(hidden, tags, LENGTHS), output.decode(hidden, LENGTHS)
    together.sum().backward()
    gradients = {name: weight.grad.clone() for name, weight in output.named_parameters()}
    output.zero_grad()
    for row, n in enumerate(LENGTHS.tolist()):
        one = output(hidden[row : row + 1, :n], tags[row : row + 1, :n], LENGTHS[row : row + 1])
        one.sum().backward()
        torch.testing.assert_close(one[0], together[row])
        alone = output.decode(hidden[row : row + 1, :n], LENGTHS[row : row + 1])[0]
        assert alone.tolist() == found[row, :n].tolist()
    for name, weight in output.named_parameters():
        torch.testing.assert_close(weight.grad, gradients[name])


def test_softmax_is_cross_entropy(hidden, tags):
    output = layer(TagSoftmax)
    logits = output.scores(hidden)
    for row, n in enumerate(LENGTHS.tolist()):
        expected = functional.cross_entropy(logits[row, :n], tags[row, :n], reduction="sum")
        torch.testing.assert_close(output(hidden, tags, LENGTHS)[row], expected)
        assert output.decode(hidden, LENGTHS)[row, :n].tolist() == logits[row, :n].argmax(1).tolist()


def test_a_chain_without_transitions_is_a_softmax(hidden, tags):
    chain, softmax = layer(Crf), layer(TagSoftmax)
    softmax.load_state_dict({name: chain.state_dict()[name] for name in softmax.state_dict()})
    for part in (chain.transitions, chain.start, chain.end):
        torch.nn.init.zeros_(part)
    torch.testing.assert_close(chain(hidden, tags, LENGTHS), softmax(hidden, tags, LENGTHS))
    torch.testing.assert_close(chain.decode(hidden, LENGTHS)[0], softmax.decode(hidden, LENGTHS)[0])


@pytest.mark.parametrize("kind", [TagSoftmax, Crf])
def test_only_such_tags_as_go_together(kind, hidden):
    free, bound = layer(kind), layer(kind, bio=True)
    with torch.no_grad():
        free.scores.bias[[2, 4]] += 3  # inside an entity is what it likes
    bound.load_state_dict(free.state_dict())  # which tags may follow which is no weight

    def breaks(found):
        rows = [[TAGS[tag] for tag in row[:n]] for row, n in zip(found.tolist(), LENGTHS.tolist(), strict=True)]
        return sum(not may_follow(tag, before) for row in rows for tag, before in zip(row, [None, *row], strict=False))

    assert breaks(free.decode(hidden, LENGTHS)) > 0
    assert breaks(bound.decode(hidden, LENGTHS)) == 0


def test_half_precision_is_scored_in_full():
    output = TagSoftmax(TAGS, 4).bfloat16()
    nats = output(torch.randn(1, 2, 4, dtype=torch.bfloat16), torch.tensor([[0, 1]]), torch.tensor([2]))
    assert nats.dtype == torch.float32


@pytest.mark.parametrize("tags", [["NOUN", "VERB"], ["O", "S-x", "B-x"], ["O", "B-x", "NOUN"]])
def test_other_tags_than_bio(tags):
    said = r"loss\.bio=true: for tags O, B-… and I-…, and (NOUN|S-x) is none of them"
    with pytest.raises(BadInput, match=said):
        Crf(tags, 4, bio=True)
