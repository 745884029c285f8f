"""The training of word vectors in plain NumPy, pair by pair: what the compiled kernels compute, and are tested against.

Each ``train_…`` takes the arguments of the kernel of its name, and gives the same up to rounding, thousands of times
more slowly. Tables may be float64 here, and of any width.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import digamma

_CHUNK = 8  # outputs that a kernel trains at a time


class Stream:
    """The stream of :mod:`embedlab.kernels.word_random`."""

    def __init__(self, seed: np.uint64) -> None:
        self.state = int(seed)

    def bits(self) -> int:
        """The next 64."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state

    def negatives(self, noise: np.ndarray, positive: int, count: int) -> list[int]:
        """So many words by an alias table, none of them the positive one."""
        found: list[int] = []
        while len(found) < count:
            bits = self.bits()
            cell = (bits >> 32) * len(noise) >> 32
            word = cell if (bits >> 16) % 2**16 < noise[cell, 0] else int(noise[cell, 1])
            if word != positive:
                found.append(word)
        return found

    def windows(
        self, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, keep: np.ndarray, window: int
    ) -> Iterator[tuple[int, list[int], float]]:
        """Each word that is kept, the words in its window, and how far along it is in the text, from 0 to below 1."""
        sentences = [
            [int(word) for word in ids[offsets[s] : offsets[s + 1]] if self.bits() >> 32 <= keep[word]]
            for s in range(first, last)
        ]
        total = sum(map(len, sentences))
        radii = [1 + ((self.bits() >> 32) * window >> 32) for _ in range(total)]
        done = 0
        for sentence in sentences:
            for position, word in enumerate(sentence):
                radius = radii[done]
                around = sentence[max(position - radius, 0) : position] + sentence[position + 1 : position + radius + 1]
                yield word, around, done / total
                done += 1


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """``log σ(x)`` without overflow."""
    return -np.logaddexp(0, -x)


def tile_loss(x: np.ndarray, o: np.ndarray, signs: np.ndarray) -> float:
    """``−Σ_ij log σ(s_j · x_i·o_j)`` of inputs ``(I, D)`` and outputs ``(O, D)``."""
    return float(-log_sigmoid(signs * (x @ o.T)).sum())


def train_tile(inputs: np.ndarray, rows: list[int], outputs: np.ndarray, targets: list[int], rate: float) -> float:
    """As :func:`embedlab.kernels.vector_tiles.train_tile`, for any number of outputs; the loss."""
    total = 0.0
    for first in range(0, len(targets), _CHUNK):
        chunk = np.array(targets[first : first + _CHUNK])
        signs = np.where(chunk < 0, -1, 1)
        chosen = np.where(chunk < 0, ~chunk, chunk)
        before = outputs[chosen]
        after = before.copy()
        total += tile_loss(inputs[rows], before, signs)
        gradients = rate * signs * np.exp(log_sigmoid(-signs * (inputs[rows] @ before.T)))
        for row, gradient in zip(rows, gradients, strict=True):
            after += gradient[:, None] * inputs[row]
            inputs[row] += gradient @ before
        for target, value in zip(chosen, after, strict=True):
            outputs[target] = value
    return total


def train_hidden(
    inputs: np.ndarray, rows: list[int], outputs: np.ndarray, tiles: list[list[int]], rate: float, mean: bool = True
) -> float:
    """Tiles with one input, the mean or sum of some rows, whose change is then added to each of the rows; the loss."""
    hidden = inputs[rows].sum(0, keepdims=True) / (len(rows) if mean else 1)
    before = hidden.copy()
    total = sum(train_tile(hidden, [0], outputs, targets, rate) for targets in tiles)
    np.add.at(inputs, rows, hidden - before)
    return total


def _signed(positive: int, negatives: list[int]) -> list[int]:
    return [positive, *(~word for word in negatives)]


def _rate(begin: float, end: float, part: float) -> float:
    return begin + (end - begin) * part


def train_skip_gram(
    inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    negatives: int, rate_begin: float, rate_end: float, keep: np.ndarray, noise: np.ndarray, seed: np.uint64,
    negatives_shared: bool = False,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.skip_gram.train_skip_gram`."""
    draw, pairs, loss = Stream(seed), 0, 0.0
    for word, around, part in draw.windows(ids, offsets, first, last, keep, window):
        rate = _rate(rate_begin, rate_end, part)
        for inputs_at_once in [around] if negatives_shared else [[other] for other in around]:
            targets = _signed(word, draw.negatives(noise, word, negatives))
            loss += train_tile(inputs, inputs_at_once, outputs, targets, rate)
        pairs += len(around)
    return pairs, loss


def train_cbow(
    inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    negatives: int, rate_begin: float, rate_end: float, keep: np.ndarray, noise: np.ndarray, seed: np.uint64,
    mean: bool = True,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.cbow.train_cbow`."""
    draw, examples, loss = Stream(seed), 0, 0.0
    for word, around, part in draw.windows(ids, offsets, first, last, keep, window):
        targets = _signed(word, draw.negatives(noise, word, negatives))
        if around:
            loss += train_hidden(inputs, around, outputs, [targets], _rate(rate_begin, rate_end, part), mean)
            examples += 1
    return examples, loss


def train_skip_gram_on_paths(
    inputs: np.ndarray, nodes: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    paths: np.ndarray, path_offsets: np.ndarray, rate_begin: float, rate_end: float, keep: np.ndarray, seed: np.uint64,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.hierarchical_softmax.train_skip_gram_on_paths`."""
    pairs, loss = 0, 0.0
    for word, around, part in Stream(seed).windows(ids, offsets, first, last, keep, window):
        path = paths[path_offsets[word] : path_offsets[word + 1]].tolist()
        if around:
            loss += train_tile(inputs, around, nodes, path, _rate(rate_begin, rate_end, part))
        pairs += len(around)
    return pairs, loss


def train_cbow_on_paths(
    inputs: np.ndarray, nodes: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    paths: np.ndarray, path_offsets: np.ndarray, rate_begin: float, rate_end: float, keep: np.ndarray, seed: np.uint64,
    mean: bool = True,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.hierarchical_softmax.train_cbow_on_paths`."""
    examples, loss = 0, 0.0
    for word, around, part in Stream(seed).windows(ids, offsets, first, last, keep, window):
        path = paths[path_offsets[word] : path_offsets[word + 1]].tolist()
        if around:
            loss += train_hidden(inputs, around, nodes, [path], _rate(rate_begin, rate_end, part), mean)
            examples += 1
    return examples, loss


def train_fasttext_skip_gram(
    inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    negatives: int, rate_begin: float, rate_end: float, keep: np.ndarray, noise: np.ndarray, seed: np.uint64,
    subwords: np.ndarray, subword_offsets: np.ndarray,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.fasttext.train_fasttext_skip_gram`."""
    draw, pairs, loss = Stream(seed), 0, 0.0
    for word, around, part in draw.windows(ids, offsets, first, last, keep, window):
        rows = subwords[subword_offsets[word] : subword_offsets[word + 1]].tolist()
        tiles = [_signed(other, draw.negatives(noise, other, negatives)) for other in around]
        loss += train_hidden(inputs, rows, outputs, tiles, _rate(rate_begin, rate_end, part))
        pairs += len(around)
    return pairs, loss


def train_fasttext_cbow(
    inputs: np.ndarray, outputs: np.ndarray, ids: np.ndarray, offsets: np.ndarray, first: int, last: int, window: int,
    negatives: int, rate_begin: float, rate_end: float, keep: np.ndarray, noise: np.ndarray, seed: np.uint64,
    subwords: np.ndarray, subword_offsets: np.ndarray,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.fasttext.train_fasttext_cbow`."""
    draw, examples, loss = Stream(seed), 0, 0.0
    for word, around, part in draw.windows(ids, offsets, first, last, keep, window):
        targets = _signed(word, draw.negatives(noise, word, negatives))
        rows = [row for w in around for row in subwords[subword_offsets[w] : subword_offsets[w + 1]].tolist()]
        if rows:
            loss += train_hidden(inputs, rows, outputs, [targets], _rate(rate_begin, rate_end, part))
            examples += 1
    return examples, loss


def train_glove(
    words: np.ndarray, contexts: np.ndarray, word_bias: np.ndarray, context_bias: np.ndarray,
    squares: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], rows: np.ndarray, columns: np.ndarray,
    values: np.ndarray, rate: float, x_max: float = 100.0, alpha: float = 0.75,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.glove.train_glove`."""
    loss = 0.0
    for i, j, x in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
        difference = words[i] @ contexts[j] + word_bias[i] + context_bias[j] - np.log(x)
        weight = min(1.0, (x / x_max) ** alpha)
        loss += 0.5 * weight * difference**2
        slope = weight * difference
        gradients = slope * contexts[j], slope * words[i], slope, slope
        parameters = (words, i), (contexts, j), (word_bias, i), (context_bias, j)
        for (parameter, row), square, gradient in zip(parameters, squares, gradients, strict=True):
            parameter[row] -= rate * gradient / np.sqrt(square[row])
            square[row] += (rate * gradient) ** 2
    return len(values), float(loss)


def train_adagram(
    senses: np.ndarray, nodes: np.ndarray, sense_counts: np.ndarray, ids: np.ndarray, offsets: np.ndarray,
    first: int, last: int, window: int, paths: np.ndarray, path_offsets: np.ndarray,
    rate_begin: float, rate_end: float, keep: np.ndarray, seed: np.uint64, counts: np.ndarray, alpha: float = 0.1,
) -> tuple[int, float]:  # fmt: skip
    """As :func:`embedlab.kernels.adagram.train_adagram`."""
    pairs, loss, most = 0, 0.0, sense_counts.shape[1]
    for word, around, part in Stream(seed).windows(ids, offsets, first, last, keep, window):
        rate = _rate(rate_begin, rate_end, part)
        own = slice(word * most, (word + 1) * most)
        known = sense_counts[word]
        later = np.array([known[k + 1 :].sum() for k in range(most)])
        a, b = 1 + known, alpha + later
        stay, go = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
        stay[-1] = 0
        log_posterior = stay + np.concatenate([[0], np.cumsum(go[:-1])])
        ways = []
        for other in around:
            path = paths[path_offsets[other] : path_offsets[other + 1]]
            ways.append((np.where(path < 0, ~path, path), np.where(path < 0, -1, 1)))
        log_likelihood = np.zeros(most)
        for rows, signs in ways:
            log_likelihood += log_sigmoid(signs * (senses[own] @ nodes[rows].T)).sum(1)
        log_posterior += log_likelihood
        posterior = np.exp(log_posterior - log_posterior.max())
        posterior /= posterior.sum()
        sense_counts[word] += rate * (counts[word] * posterior - sense_counts[word])
        loss -= float(posterior @ log_likelihood)
        for path, sign in ways:
            for begin in range(0, len(path), _CHUNK):
                rows, signs = path[begin : begin + _CHUNK], sign[begin : begin + _CHUNK]
                log_probability = log_sigmoid(signs * (senses[own] @ nodes[rows].T))
                weights = rate * posterior[:, None] * signs * -np.expm1(log_probability)
                changes = weights @ nodes[rows], weights.T @ senses[own]
                senses[own] += changes[0]
                nodes[rows] += changes[1]
        pairs += len(around)
    return pairs, loss
