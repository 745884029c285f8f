import numpy as np
import pytest
from numba import njit

from embedlab.kernels import reference
from embedlab.kernels.vector_tiles import (
    check_table,
    gather,
    loss_of,
    move_tile,
    new_scratch,
    padded,
    prefetch,
    scatter,
    tile_probabilities,
    train_tile,
    zeros,
)


@njit
def tile(inputs, rows, outputs, targets, first, rate):
    scratch = new_scratch(len(rows))
    train_tile(inputs, rows, 1, len(rows) - 1, outputs, targets, first, len(targets) - first, rate, scratch)
    return loss_of(scratch)


@njit
def probabilities_and_move(inputs, rows, outputs, targets, found, weights):
    tile_probabilities(inputs, rows, 1, len(rows) - 1, outputs, targets, 2, len(targets) - 2, found)
    move_tile(inputs, rows, 1, len(rows) - 1, outputs, targets, 2, len(targets) - 2, weights)


@njit
def gathered(table, rows, hidden, scale, by):
    prefetch(table, rows[0])
    gather(table, rows, 1, len(rows) - 1, hidden, scale)
    middle = hidden.copy()
    hidden[0] += by
    scatter(table, rows, 1, len(rows) - 1, hidden)
    return middle


def table(rows, dim, seed, scale=0.5):
    made = zeros(rows, dim)
    made[:, :dim] = np.random.default_rng(seed).normal(size=(rows, dim)) * scale
    return made


@pytest.mark.parametrize("dim", [1, 16, 100, 300])
def test_a_table_is_padded_with_zeros_and_starts_on_a_cache_line(dim):
    made = zeros(7, dim)
    assert made.shape == (7, padded(dim))
    assert padded(dim) - 16 < dim <= padded(dim)
    assert made.ctypes.data % 64 == 0
    assert not made.any()
    check_table("inputs", made)


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 16)), np.zeros((3, 100), np.float32), np.zeros((16, 3), np.float32).T, np.zeros(16, "f4")]
)
def test_other_arrays_are_refused(wrong):
    with pytest.raises(ValueError, match="outputs must be C-contiguous float32 with a multiple of 16 columns"):
        check_table("outputs", wrong)


def test_a_read_only_table_is_refused():
    made = zeros(3, 16)
    made.flags.writeable = False
    with pytest.raises(ValueError, match="inputs is read-only"):
        check_table("inputs", made)


@pytest.mark.parametrize("dim", [16, 100])
@pytest.mark.parametrize("outputs", range(1, 9))
def test_a_tile_is_a_step_of_gradient_descent(outputs, dim):
    """As in plain float64, for any number of inputs; the padding stays zero, and other rows stay as they are."""
    draw = np.random.default_rng(outputs)
    for inputs in (1, 2, 3, 4, 5, 7, 10):
        x, o = table(20, dim, 1), table(30, dim, 2)
        rows = draw.permutation(20)[: inputs + 1].astype(np.int32)
        targets = draw.permutation(30)[: outputs + 2].astype(np.int32)
        targets = np.where(draw.random(outputs + 2) < 0.5, targets, ~targets)
        expected = x.astype(np.float64), o.astype(np.float64)
        right = reference.train_tile(expected[0], rows[1:].tolist(), expected[1], targets[2:].tolist(), 0.1)
        assert tile(x, rows, o, targets, 2, np.float32(0.1)) == pytest.approx(right, rel=1e-5)
        np.testing.assert_allclose(x, expected[0], atol=2e-6)
        np.testing.assert_allclose(o, expected[1], atol=2e-6)
        assert not x[:, dim:].any()
        assert not o[:, dim:].any()


@pytest.mark.parametrize("outputs", range(1, 9))
def test_probabilities_and_any_weights(outputs):
    """The two halves of a step, for those who weigh the gradients themselves."""
    draw = np.random.default_rng(outputs)
    for inputs in (1, 2, 5, 7):
        x, o = table(20, 40, 1), table(30, 40, 2)
        rows = draw.permutation(20)[: inputs + 1].astype(np.int32)
        targets = draw.permutation(30)[: outputs + 2].astype(np.int32)
        targets = np.where(draw.random(outputs + 2) < 0.5, targets, ~targets)
        weights = draw.normal(size=(inputs, outputs)).astype(np.float32)
        chosen, signs = np.where(targets < 0, ~targets, targets)[2:], np.where(targets < 0, -1, 1)[2:]
        before, found = (x.copy(), o.copy()), np.empty(inputs * outputs + 16, np.float32)
        probabilities_and_move(x, rows, o, targets, found, weights)
        own, theirs = before[0][rows[1:]], before[1][chosen]
        right = 1 / (1 + np.exp(-signs * (own @ theirs.T)))
        np.testing.assert_allclose(found[: inputs * outputs].reshape(inputs, outputs), right, atol=1e-6)
        before[0][rows[1:]] += weights @ theirs
        before[1][chosen] += weights.T @ own
        np.testing.assert_allclose(x, before[0], atol=1e-5)
        np.testing.assert_allclose(o, before[1], atol=1e-5)


def test_rows_that_come_twice():
    """An input gets both gradients, of an output the last stands."""
    x, o = table(3, 16, 1), table(4, 16, 2)
    rows, targets = np.array([0, 1, 1, 2, 1], np.int32), np.array([1, ~2, ~3, ~2], np.int32)
    expected = x.astype(np.float64), o.astype(np.float64)
    reference.train_tile(expected[0], rows[1:].tolist(), expected[1], targets.tolist(), 0.1)
    tile(x, rows, o, targets, 0, np.float32(0.1))
    np.testing.assert_allclose(x, expected[0], atol=1e-6)
    np.testing.assert_allclose(o, expected[1], atol=1e-6)


def test_the_gradient_is_that_of_the_loss():
    """The plain step in float64 against numeric derivatives; the compiled one is tested against the plain step."""
    x, o, targets = table(5, 10, 1).astype(np.float64), table(6, 10, 2).astype(np.float64), [1, ~0, ~5, 3]
    signs, chosen, rows = np.array([1, -1, -1, 1]), [1, 0, 5, 3], [4, 0, 2]
    moved = x.copy(), o.copy()
    loss = reference.train_tile(moved[0], rows, moved[1], targets, 1e-6)
    assert loss == pytest.approx(-np.log(1 / (1 + np.exp(-signs * (x[rows] @ o[chosen].T)))).sum())
    for before, after in zip((x, o), moved, strict=True):
        numeric = np.zeros_like(before)
        for place in np.ndindex(*before.shape):
            kept, values = before[place], []
            for step in (1e-5, -1e-5):
                before[place] = kept + step
                values.append(reference.tile_loss(x[rows], o[chosen], signs))
            before[place] = kept
            numeric[place] = (values[0] - values[1]) / 2e-5
        np.testing.assert_allclose((before - after) / 1e-6, numeric, atol=1e-8)
        assert np.abs(numeric).max() > 0.1


def test_products_beyond_the_range_of_the_sigmoid():
    x, o = zeros(2, 16), zeros(2, 16)
    x[:, 0], o[:, 0] = 1, (1000, -1000)
    loss = tile(x, np.array([0, 0], np.int32), o, np.array([0, 1], np.int32), 0, np.float32(0.1))
    assert loss == pytest.approx(40 * np.log(2), rel=1e-6)  # the first is certain, the second is held at 2^-40
    assert o[:, 0].tolist() == [1000, np.float32(-1000) + np.float32(0.1)]
    assert x[0, 0] == 1 - 100


@pytest.mark.parametrize("spoilt", ["input", "output"])
def test_nan_is_seen_in_the_loss_and_in_the_tables(spoilt):
    x, o = table(3, 100, 1), table(8, 100, 2)
    (x if spoilt == "input" else o)[1, 57] = np.nan
    assert np.isnan(tile(x, np.array([0, 0, 1, 2], np.int32), o, np.arange(8, dtype=np.int32), 0, np.float32(0.1)))
    assert np.isnan(x[1]).all()
    assert np.isnan(o[1]).all()


def test_a_long_sum_of_losses_keeps_its_digits():
    """Multiplied up over many tiles, where a product of the probabilities themselves would be zero."""

    @njit
    def many(inputs, outputs, rows, targets, times):
        scratch = new_scratch(3)
        for _ in range(times):
            train_tile(inputs, rows, 0, 3, outputs, targets, 0, 6, np.float32(0), scratch)
        return loss_of(scratch)

    x, o = table(3, 16, 1), table(6, 16, 2)
    rows, targets = np.arange(3, dtype=np.int32), np.array([0, ~1, ~2, ~3, ~4, ~5], np.int32)
    once = reference.tile_loss(x.astype(np.float64), o.astype(np.float64), np.array([1, -1, -1, -1, -1, -1]))
    assert many(x, o, rows, targets, 100_000) == pytest.approx(100_000 * once, rel=1e-5)


@pytest.mark.parametrize("dim", [16, 100])
def test_gather_and_scatter(dim):
    source, hidden = table(9, dim, 1), zeros(2, dim)
    before = source.copy()
    rows = np.array([8, 3, 5, 3, 0], np.int32)
    middle = gathered(source, rows, hidden, np.float32(0.25), np.float32(0.5))
    for row in middle:
        np.testing.assert_allclose(row, before[[3, 5, 3, 0]].sum(0) / 4, atol=1e-6)
    added = np.array([0.5 * (row in (0, 5)) + 1.0 * (row == 3) for row in range(9)])
    np.testing.assert_allclose(source - before, np.tile(added[:, None], padded(dim)), atol=1e-6)
