"""The linear chain beside all sequences there are, one by one, in float64."""

from itertools import pairwise, product

import pytest
import torch

from embedlab.losses.linear_chain import best_sequence, log_partition, sequence_scores

TAGS = 3
LENGTHS = torch.tensor([4, 1, 2])


@pytest.fixture
def chain():
    torch.manual_seed(0)
    shapes = (len(LENGTHS), 4, TAGS), (TAGS, TAGS), (TAGS,), (TAGS,)
    return tuple(torch.randn(shape, dtype=torch.float64).mul(2).requires_grad_() for shape in shapes)


def score(chain, row, tags):
    emissions, transitions, start, end = chain
    total = start[tags[0]] + end[tags[-1]] + sum(emissions[row, place, tag] for place, tag in enumerate(tags))
    return total + sum(transitions[a, b] for a, b in pairwise(tags))


def all_scores(chain, row):
    sequences = list(product(range(TAGS), repeat=int(LENGTHS[row])))
    return sequences, torch.stack([score(chain, row, tags) for tags in sequences])


def test_the_sum_over_all_sequences_and_its_gradient(chain):
    found = log_partition(*chain, LENGTHS)
    expected = torch.stack([all_scores(chain, row)[1].logsumexp(0) for row in range(len(LENGTHS))])
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    for one, other in zip(
        torch.autograd.grad(found @ weights, chain), torch.autograd.grad(expected @ weights, chain), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_scores_and_their_gradient(chain):
    tags = torch.tensor([[2, 0, 0, 1], [1, 2, 2, 2], [0, 2, 1, 0]])  # beyond a sentence's end anything
    found = sequence_scores(*chain, tags, LENGTHS)
    rows = [tags[row, :n].tolist() for row, n in enumerate(LENGTHS.tolist())]
    expected = torch.stack([score(chain, row, of) for row, of in enumerate(rows)])
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    for one, other in zip(
        torch.autograd.grad(found.sum(), chain), torch.autograd.grad(expected.sum(), chain), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_probabilities_sum_to_one(chain):
    for row in range(len(LENGTHS)):
        _, scores = all_scores(chain, row)
        assert (scores - log_partition(*chain, LENGTHS)[row]).exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_the_best_sequence(chain):
    found = best_sequence(*chain, LENGTHS).tolist()
    for row, n in enumerate(LENGTHS.tolist()):
        sequences, scores = all_scores(chain, row)
        assert tuple(found[row][:n]) == sequences[scores.argmax()]
        assert found[row][n:] == [0] * (4 - n)


def test_what_is_forbidden_is_not_among_the_best(chain):
    emissions, transitions, start, end = (part.detach() for part in chain)
    transitions, start = transitions.clone(), start.clone()
    transitions[0, 1] = transitions[2, 2] = start[1] = -torch.inf
    found = best_sequence(emissions, transitions, start, end, LENGTHS).tolist()
    for row, n in enumerate(LENGTHS.tolist()):
        sequences, scores = all_scores((emissions, transitions, start, end), row)
        assert tuple(found[row][:n]) == sequences[scores.argmax()]


def test_gradients_are_the_true_derivatives(chain):
    tags = torch.tensor([[2, 0, 0, 1], [1, 2, 2, 2], [0, 2, 1, 0]])

    def nats(*parts):
        return log_partition(*parts, LENGTHS) - sequence_scores(*parts, tags, LENGTHS)

    assert torch.autograd.gradcheck(nats, chain)
    assert (nats(*chain) > 0).all()
