"""Word vectors by batched products: against loops over pairs with the same draws, and against autograd."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embedlab.errors import BadInput
from embedlab.kernels.word_random import alias_table, keep_thresholds, stream
from embedlab.losses import batched_words, row_steps
from embedlab.losses.full_softmax import FullSoftmax
from embedlab.losses.text_groups import text_groups
from embedlab.losses.words import HierarchicalSoftmax, NegativeSampling, WordWindows

WORDS, DIM, WINDOW, NEGATIVES = 30, 6, 3, 2
CPU, SEED = torch.device("cpu"), stream(5, 0)


@pytest.fixture
def text():
    draw = np.random.default_rng(0)
    ids = np.minimum(draw.geometric(0.1, 900) - 1, WORDS - 1).astype(np.int32)
    offsets = np.unique(np.concatenate([[0, 1, 900], draw.integers(0, 900, 60)]))
    return ids, offsets


def windows_of(ids, cbow=False, mean=True):
    counts = np.bincount(ids, minlength=WORDS)
    return WordWindows(counts, keep_thresholds(counts, 0.05), WINDOW, cbow, mean)


def tables():
    torch.manual_seed(0)
    return torch.randn(WORDS, DIM) * 0.4, torch.randn(WORDS, DIM) * 0.4


def by_loops(kernel, inputs, outputs, ids, offsets, begin, end):
    """The same sums, pair by pair."""
    of, objective = kernel.windows, kernel.objective
    generator = torch.Generator().manual_seed(int(SEED) >> 1)
    text = torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(offsets), kernel.keep
    groups = text_groups(*text, WINDOW, generator)
    drawn = objective.draw(len(groups.words), generator)
    inputs, outputs, examples, loss = inputs.double().numpy(), outputs.double().numpy(), 0, 0.0
    for first in range(0, len(drawn), kernel.groups):
        rate = begin + (end - begin) * first / len(drawn)
        steps = [np.zeros((WORDS, DIM)), np.zeros((WORDS, DIM))]
        bends = [np.zeros(WORDS), np.zeros(WORDS)]

        def predict(hidden, word, negatives, rate=rate, steps=steps, bends=bends):
            """Change of the hidden vector, how much the loss bends, and the loss."""
            change, bend, loss = 0, 0, 0
            others = [(int(n), 1 / batched_words.SHARED, -1) for n in negatives if n != word]
            for row, weight, sign in [(word, 1, 1), *others]:
                product = sign * hidden @ outputs[row]
                slope = rate * weight * sign / (1 + np.exp(product))
                change = change + slope * outputs[row]
                steps[1][row] += slope * hidden
                bends[1][row] += weight * hidden @ hidden / 4
                bend += weight * outputs[row] @ outputs[row] / 4
                loss += weight * np.log1p(np.exp(-product))
            return change, bend, loss

        for group in range(first, min(first + kernel.groups, len(drawn))):
            for word, window in zip(groups.words[group].tolist(), groups.windows[group], strict=True):
                near = groups.around[group][window].tolist()
                for bag in [near] * bool(near) if of.cbow else [[other] for other in near]:
                    hidden = inputs[bag].sum(0) / (len(bag) if of.cbow and of.mean else 1)
                    change, bend, more = predict(hidden, word, drawn[group])
                    for row in bag:
                        steps[0][row] += change
                        bends[0][row] += bend
                    examples, loss = examples + 1, loss + more
        for table, step, bend in zip((inputs, outputs), steps, bends, strict=True):
            table += step * np.minimum(1, row_steps.MOST / np.maximum(rate * bend, 1e-9))[:, None]
    return inputs, outputs, examples, loss


@pytest.mark.parametrize(("cbow", "mean"), [(False, True), (True, True), (True, False)])
def test_equals_a_loop_over_pairs(text, cbow, mean):
    kernel = NegativeSampling(NEGATIVES).batched(windows_of(text[0], cbow, mean), CPU)
    kernel.groups = 3
    expected = by_loops(kernel, *tables(), *text, 0.1, 0.02)
    inputs, outputs = tables()
    examples, loss = kernel(inputs, outputs, *text, 0, len(text[1]) - 1, 0.1, 0.02, SEED)
    np.testing.assert_allclose(inputs.numpy(), expected[0], atol=1e-5)
    np.testing.assert_allclose(outputs.numpy(), expected[1], atol=1e-5)
    assert examples == expected[2] > 300
    assert loss == pytest.approx(expected[3], rel=1e-5)
    assert (inputs - tables()[0]).abs().max() > 0.05


@pytest.mark.parametrize(("cbow", "logits"), [(False, 2**24), (False, 7 * WORDS), (True, 7 * WORDS)])
def test_a_step_of_the_full_softmax_is_its_gradient(text, cbow, logits, monkeypatch):
    monkeypatch.setattr(row_steps, "MOST", 1e9)
    monkeypatch.setattr(batched_words, "MOST_LOGITS", logits)
    kernel = FullSoftmax().batched(windows_of(text[0], cbow, mean=False), CPU)
    kernel.groups = 1000
    inputs, outputs = tables()
    examples, loss = kernel(inputs, outputs, *text, 0, len(text[1]) - 1, 0.01, 0.01, SEED)

    before = [table.double().requires_grad_() for table in tables()]
    generator = torch.Generator().manual_seed(int(SEED) >> 1)
    ids, offsets = (torch.from_numpy(part.astype(np.int64)) for part in text)
    groups = text_groups(ids, offsets, kernel.keep, WINDOW, generator)
    bags, words = [], []
    for group in range(len(groups.words)):
        for word, window in zip(groups.words[group].tolist(), groups.windows[group], strict=True):
            near = groups.around[group][window].tolist()
            new = [near] * bool(near) if cbow else [[other] for other in near]
            bags, words = bags + new, words + [word] * len(new)
    hidden = torch.stack([before[0][bag].sum(0) for bag in bags])
    expected = F.cross_entropy(hidden @ before[1].T, torch.tensor(words), reduction="sum")
    expected.backward()
    assert examples == len(words)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    for after, table in zip((inputs, outputs), before, strict=True):
        torch.testing.assert_close(after.double(), table.detach() - 0.01 * table.grad, atol=1e-5, rtol=1e-5)


def test_a_step_is_as_long_as_words_are_many():
    few, many = (np.full(size, 100) for size in (64, 200_000))
    kernels = [NegativeSampling().batched(WordWindows(c, keep_thresholds(c, 0), 5), CPU) for c in (few, many)]
    assert [kernel.groups for kernel in kernels] == [64 * batched_words.REPEATS / 32, batched_words.MOST_GROUPS]


def test_negatives_are_drawn_as_often_as_they_should_be():
    counts = np.array([1000, 100, 10, 1])
    objective = batched_words.SharedNegatives(alias_table(counts), 5, CPU)
    drawn = objective.draw(2000, torch.Generator().manual_seed(0))
    assert drawn.shape == (2000, 5 * batched_words.SHARED)
    expected = counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(np.bincount(drawn.flatten()) / drawn.numel(), expected, atol=0.006)


def test_what_has_no_batched_kernel(text):
    windows = windows_of(text[0])
    with pytest.raises(BadInput, match="loss=HierarchicalSoftmax: only compiled kernels train it"):
        HierarchicalSoftmax().batched(windows, CPU)
    with pytest.raises(BadInput, match=r"take loss\.shared=true"):
        NegativeSampling(shared=False).batched(windows, CPU)
    subwords = WordWindows(windows.counts, windows.keep, 3, subwords=(np.zeros(1, np.int32), np.zeros(2, np.int64)))
    with pytest.raises(BadInput, match=r"model\.subwords: only compiled kernels train them"):
        NegativeSampling().batched(subwords, CPU)
    with pytest.raises(BadInput, match=r"take task\.kernel=torch"):
        FullSoftmax().kernel(windows)
