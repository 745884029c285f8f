"""AdaGram (Bartunov, Kondrashkin, Osokin, Vetrov 2016): skip-gram with as many senses of a word as the text calls for.

Sense k of word w has the prior probability ``π_wk = β_wk Π_{r<k} (1 − β_wr)``, a stick broken at ``β ~ Beta(1, α)``.
The sense of a word in the text predicts its neighbours by a hierarchical softmax. The posterior of β is
``Beta(1 + n_wk, α + Σ_{r>k} n_wr)``, where ``n_wk`` is how often, by expectation, w was met in sense k.
"""

import math

import numpy as np

from embedlab.kernels.hierarchical_softmax import prefetch_path
from embedlab.kernels.jit import compiled
from embedlab.kernels.skip_gram import falling, neighbours
from embedlab.kernels.vector_tiles import LANES, MOST_OUTPUTS, check_table, move_tile, prefetch, tile_probabilities
from embedlab.kernels.word_random import sample_windows

_NEGLIGIBLE = 1e-10  # posterior of a sense from which on its vector is left as it is
_SMALL = 1e-150  # a product of probabilities from which on eight more of 2^-40 would come near the end of float64


def expected_pi(sense_counts: np.ndarray, alpha: float) -> np.ndarray:
    """``E π``: the prior probability of each word's senses.

    Args:
        sense_counts: n, ``(…, senses)``.
        alpha: of the prior; the larger, the more senses.

    Returns:
        float64 of the same shape; the last axis sums to 1, its last sense taking all that is left.
    """
    counts = np.asarray(sense_counts, np.float64)
    later = np.flip(np.cumsum(np.flip(counts, -1), -1), -1) - counts
    beta = (1 + counts) / (1 + counts + alpha + later)
    beta[..., -1] = 1
    left = np.cumprod(1 - beta, -1)
    return beta * np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], -1)


def senses_in_use(sense_counts: np.ndarray, alpha: float, least: float) -> np.ndarray:
    """Which senses there are: met once by expectation, of prior probability ``least`` or more; the likeliest always.

    Of a rare word the prior alone gives a share to senses that no text was ever found for.

    Args:
        sense_counts: n, ``(…, senses)``.
        alpha: as of :func:`expected_pi`.
        least: as of :func:`disambiguate`.

    Returns:
        bool of the same shape.
    """
    pi = expected_pi(sense_counts, alpha)
    used = (pi >= least) & (np.asarray(sense_counts) >= 1)
    np.put_along_axis(used, pi.argmax(-1)[..., None], True, -1)
    return used


def disambiguate(
    senses: np.ndarray,
    nodes: np.ndarray,
    sense_counts: np.ndarray,
    word: int,
    context: np.ndarray,
    paths: np.ndarray,
    path_offsets: np.ndarray,
    alpha: float,
    least: float = 1e-3,
) -> np.ndarray:
    """``p(sense | word, context)``, by Bayes' rule from ``E π`` and the probability each sense gives the context.

    Args:
        senses: as of :func:`train_adagram`.
        nodes: likewise.
        sense_counts: likewise.
        word: its index.
        context: indices of the words around it.
        paths: as of :func:`train_adagram`.
        path_offsets: likewise.
        alpha: likewise.
        least: senses of less prior probability are left out; see :func:`senses_in_use`.

    Returns:
        ``(senses,)`` float64, of sum 1.
    """
    prior, used = expected_pi(sense_counts[word], alpha), senses_in_use(sense_counts[word], alpha, least)
    log_posterior = np.log(prior, out=np.full(len(prior), -np.inf), where=used)
    vectors = senses.reshape(len(sense_counts), -1, senses.shape[1])[word].astype(np.float64)
    path = np.concatenate([paths[:0], *(paths[path_offsets[other] : path_offsets[other + 1]] for other in context)])
    signs, rows = np.where(path < 0, -1, 1), np.where(path < 0, ~path, path)
    log_posterior -= np.logaddexp(0, -signs * (vectors @ nodes[rows].T)).sum(1)
    posterior = np.exp(log_posterior - log_posterior.max())
    return posterior / posterior.sum()


def train_adagram(
    senses: np.ndarray,
    nodes: np.ndarray,
    sense_counts: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    window: int,
    paths: np.ndarray,
    path_offsets: np.ndarray,
    rate_begin: float,
    rate_end: float,
    keep: np.ndarray,
    seed: np.uint64,
    counts: np.ndarray,
    alpha: float = 0.1,
) -> tuple[int, float]:
    """One pass of online variational inference over some sentences.

    For each word, ``γ_k ∝ exp(E log π_wk + Σ_c log p(c | w, k))`` over its neighbours c; then ``n_wk ← (1 − λ) n_wk +
    λ n_w γ_k``, and for each neighbour a step of rate λ up the gradient of ``Σ_k γ_k log p(c | w, k)``, eight nodes of
    its path at a time.

    Args:
        senses: the vectors of senses, ``(V · senses, width)``, word by word, updated in place; at the start random.
        nodes: the vectors of the tree's inner nodes, likewise; at the start zeros.
        sense_counts: n, ``(V, senses)`` float64, likewise; at the start all of a word's count is its first sense's.
        ids: as the other arguments those of :func:`embedlab.kernels.hierarchical_softmax.train_skip_gram_on_paths`.
        offsets: likewise.
        first: likewise.
        last: likewise.
        window: likewise.
        paths: likewise.
        path_offsets: likewise.
        rate_begin: likewise.
        rate_end: likewise.
        keep: likewise.
        seed: likewise.
        counts: ``(V,)``, occurrences n_w of each word.
        alpha: of the prior over senses; the larger, the more senses.

    Returns:
        How many pairs there were, and the sum of ``−Σ_k γ_k log p(c | w, k)`` over them, in nats; of each word before
        its steps.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("senses", senses)
    check_table("nodes", nodes)
    if len(senses) != sense_counts.size or sense_counts.dtype != np.float64:
        raise ValueError("sense_counts must be float64 (words, senses), and senses have a row for each of them")
    rates = np.float32(rate_begin), np.float32(rate_end)
    return _train(
        senses, nodes, sense_counts, counts, ids, offsets, first, last, window, paths, path_offsets, *rates, keep, seed,
        float(alpha),
    )  # fmt: skip


@compiled
def _digamma(x):  # type: ignore[no-untyped-def]
    """ψ(x) for x > 0 by its asymptotic series from 6 on: relative error 1e-9."""
    total = 0.0
    while x < 6:
        total -= 1 / x
        x += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
    return total + math.log(x) - 0.5 / x - series


@compiled
def _expected_log_pi(counts, alpha, result):  # type: ignore[no-untyped-def]
    """``E log π_k = E log β_k + Σ_{r<k} E log (1 − β_r)`` of a word's senses, the last of which takes what is left."""
    later, left = counts.sum(), 0.0
    for k in range(len(counts) - 1):
        later = max(later - counts[k], 0.0)
        a, b = 1 + counts[k], alpha + later
        both = _digamma(a + b)
        result[k] = _digamma(a) - both + left
        left += _digamma(b) - both
    result[len(counts) - 1] = left


@compiled
def _train(  # type: ignore[no-untyped-def]
    senses, nodes, sense_counts, counts, ids, offsets, first, last, window, paths, path_offsets,
    rate_begin, rate_end, keep, state, alpha,
):  # fmt: skip
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    most = sense_counts.shape[1]
    longest = (path_offsets[1:] - path_offsets[:-1]).max()
    found, targets = np.empty(2 * window + 1, np.int32), np.empty(2 * window * longest, np.int32)
    rows, posterior, weight = np.empty(most, np.int32), np.empty(most), np.empty(most, np.float32)
    log_likelihood, likelihood = np.empty(most), np.empty(most)
    of_tile = np.empty(most * MOST_OUTPUTS + LANES, np.float32)
    pairs, loss = 0, 0.0
    for centre in range(len(words)):
        if centre + window + 1 < len(words):
            prefetch_path(nodes, paths, path_offsets, words[centre + window + 1])
            for k in range(most):
                prefetch(senses, words[centre + 1] * most + k)
        word = words[centre]
        rate = falling(rate_begin, rate_end, centre, len(words))
        count = neighbours(words, windows, centre, window, found)
        steps = 0
        for c in range(count):
            for step in range(path_offsets[found[c]], path_offsets[found[c] + 1]):
                targets[steps] = paths[step]
                steps += 1

        for k in range(most):
            rows[k] = word * most + k
        log_likelihood[:], likelihood[:] = 0, 1
        for step in range(0, steps, MOST_OUTPUTS):
            wide = min(steps - step, MOST_OUTPUTS)
            tile_probabilities(senses, rows, 0, most, nodes, targets, step, wide, of_tile)
            for k in range(most):
                for j in range(wide):
                    likelihood[k] *= of_tile[k * wide + j]
                if likelihood[k] < _SMALL:
                    log_likelihood[k] += math.log(likelihood[k])
                    likelihood[k] = 1
        _expected_log_pi(sense_counts[word], alpha, posterior)
        for k in range(most):
            log_likelihood[k] += math.log(likelihood[k])
            posterior[k] += log_likelihood[k]
        top, total = posterior.max(), 0.0
        for k in range(most):
            posterior[k] = math.exp(posterior[k] - top)
            total += posterior[k]
        used = 0
        for k in range(most):
            posterior[k] /= total
            sense_counts[word, k] += rate * (counts[word] * posterior[k] - sense_counts[word, k])
            if posterior[k] < _NEGLIGIBLE:  # false for NaN, which so spreads
                continue
            loss -= posterior[k] * log_likelihood[k]
            rows[used], weight[used] = word * most + k, rate * posterior[k]
            used += 1

        for c in range(count):
            end = path_offsets[found[c] + 1]
            for step in range(path_offsets[found[c]], end, MOST_OUTPUTS):
                wide = min(end - step, MOST_OUTPUTS)
                tile_probabilities(senses, rows, 0, used, nodes, paths, step, wide, of_tile)
                for k in range(used):
                    for j in range(wide):
                        slope = weight[k] * (np.float32(1) - of_tile[k * wide + j])
                        of_tile[k * wide + j] = slope if paths[step + j] >= 0 else -slope
                move_tile(senses, rows, 0, used, nodes, paths, step, wide, of_tile)
        pairs += count
    return pairs, loss
