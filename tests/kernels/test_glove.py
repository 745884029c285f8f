import numpy as np
import pytest

from embedlab.kernels import reference
from embedlab.kernels.glove import train_glove
from embedlab.kernels.vector_tiles import zeros


def parameters(vocabulary=12, dim=20):
    draw = np.random.default_rng(0)
    tables = zeros(vocabulary, dim), zeros(vocabulary, dim), np.empty(vocabulary, "f4"), np.empty(vocabulary, "f4")
    for table in tables:
        table[..., :dim] = draw.normal(size=table[..., :dim].shape) * 0.5
    return tables, tuple(np.ones_like(table) for table in tables)


def counts(size=200, vocabulary=12):
    draw = np.random.default_rng(1)
    pairs = draw.integers(0, vocabulary, (2, size)).astype(np.int32)
    return *pairs, draw.lognormal(2, 2, size).astype(np.float32)


def test_equals_the_plain_loops():
    results = []
    for train in (train_glove, reference.train_glove):
        tables, squares = parameters()
        results.append((*tables, *squares, train(*tables, squares, *counts(), rate=0.05, x_max=20.0)))
    for ours, plain in zip(*(result[:-1] for result in results), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-5)
    assert results[0][-1] == pytest.approx(results[1][-1], rel=1e-5)
    assert np.abs(results[0][0] - parameters()[0][0]).max() > 0.1


@pytest.mark.parametrize("x", [3.0, 500.0])
def test_a_first_step_is_down_the_gradient(x):
    """Of one entry, against numeric derivatives of the weighted least squares in float64."""
    tables = [table.astype(np.float64) for table in parameters(2, 5)[0]]

    def loss():
        w, c, b, d = tables
        return 0.5 * min(1, (x / 100) ** 0.75) * (w[1] @ c[0] + b[1] + d[0] - np.log(x)) ** 2

    moved = [table.copy() for table in tables]
    squares = tuple(np.ones_like(table) for table in tables)
    done = reference.train_glove(*moved, squares, np.array([1]), np.array([0]), np.array([x]), rate=1e-6)
    assert done == (1, pytest.approx(loss()))
    for before, after in zip(tables, moved, strict=True):
        for place in np.ndindex(*before.shape):
            kept, values = before[place], []
            for step in (1e-5, -1e-5):
                before[place] = kept + step
                values.append(loss())
            before[place] = kept
            assert (kept - after[place]) / 1e-6 == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-6)


def test_counts_are_fitted_and_nan_is_seen():
    tables, squares = parameters()
    rows, columns = (part.reshape(-1).astype(np.int32) for part in np.indices((12, 12)))
    values = np.exp(np.random.default_rng(3).normal(size=144)).astype(np.float32)
    losses = [train_glove(*tables, squares, rows, columns, values, rate=0.2, x_max=1.0)[1] for _ in range(300)]
    assert losses[-1] < 1e-3 * losses[0]
    w, c, b, d = tables
    np.testing.assert_allclose(w @ c.T + b[:, None] + d, np.log(values).reshape(12, 12), atol=0.1)
    b[3] = np.nan
    assert np.isnan(train_glove(*tables, squares, rows, columns, values, rate=0.2)[1])
