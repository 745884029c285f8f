"""GloVe (Pennington, Socher, Manning 2014): weighted least squares on logarithms of co-occurrence counts."""

import numpy as np

from embedlab.kernels.jit import compiled
from embedlab.kernels.vector_tiles import check_table, prefetch


def train_glove(
    words: np.ndarray,
    contexts: np.ndarray,
    word_bias: np.ndarray,
    context_bias: np.ndarray,
    squares: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    rate: float,
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> tuple[int, float]:
    """One pass over some counts: AdaGrad on ``½ f(x_ij) (w_i·c_j + b_i + d_j − log x_ij)²``.

    Rare counts weigh less, ``f(x) = min(1, (x / x_max)^α)``. As in the authors' program a step is
    ``p ← p − rate·g / √a``, then ``a ← a + (rate·g)²``, an entry's parameters all at once, from their values before it.

    Args:
        words: w, ``(V, width)``, updated in place; see :mod:`embedlab.kernels.vector_tiles`.
        contexts: c, likewise.
        word_bias: b, ``(V,)`` float32, likewise.
        context_bias: d, likewise.
        squares: the sums a for each of these four, in their shapes; at the start ones.
        rows: int32 ``(n,)``, the words i; the entries best in random order.
        columns: int32, the contexts j.
        values: float32, the counts x, above zero.
        rate: learning rate.
        x_max: count from which on all weigh alike.
        alpha: power with which rarer ones weigh less.

    Returns:
        How many entries there were, and their summed loss, each at its values before its step.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    for name, table in zip(("words", "contexts"), (words, contexts), strict=True):
        check_table(name, table)
    return _train(
        words, contexts, word_bias, context_bias, *squares, rows, columns, values,
        np.float32(rate), np.float64(x_max), np.float64(alpha),
    )  # fmt: skip


_AHEAD = 4  # entries


@compiled
def _train(  # type: ignore[no-untyped-def]
    words, contexts, word_bias, context_bias, word_squares, context_squares, word_bias_squares, context_bias_squares,
    rows, columns, values, rate, x_max, alpha,
):  # fmt: skip
    width, total = words.shape[1], 0.0
    for entry in range(len(values)):
        if entry + _AHEAD < len(values):
            i, j = rows[entry + _AHEAD], columns[entry + _AHEAD]
            prefetch(words, i)
            prefetch(contexts, j)
            prefetch(word_squares, i)
            prefetch(context_squares, j)
        i, j, x = rows[entry], columns[entry], np.float64(values[entry])
        w, c = words[i], contexts[j]
        product = np.float32(0)
        for k in range(width):
            product += w[k] * c[k]
        difference = product + word_bias[i] + context_bias[j] - np.log(x)
        weighted = difference if x >= x_max else difference * (x / x_max) ** alpha
        total += 0.5 * weighted * difference
        step = rate * np.float32(weighted)
        w_squares, c_squares = word_squares[i], context_squares[j]
        for k in range(width):
            w_step, c_step = step * c[k], step * w[k]
            w[k] -= w_step / np.sqrt(w_squares[k])
            c[k] -= c_step / np.sqrt(c_squares[k])
            w_squares[k] += w_step * w_step
            c_squares[k] += c_step * c_step
        word_bias[i] -= step / np.sqrt(word_bias_squares[i])
        context_bias[j] -= step / np.sqrt(context_bias_squares[j])
        word_bias_squares[i] += step * step
        context_bias_squares[j] += step * step
    return len(values), total
