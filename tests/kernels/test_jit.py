import numpy as np

from embedlab.kernels.jit import compiled


def test_compiles_where_nothing_can_be_cached():
    """A function without a source file has no place for a cache, as one in a read-only install without a home."""
    space = {}
    exec("def double(x): return 2 * x", space)
    assert compiled(space["double"])(21) == 42


def test_nan_is_kept():
    @compiled
    def total(x):
        result = 0.0
        for i in range(len(x)):
            result += 0 * x[i]
        return result

    assert np.isnan(total(np.array([1.0, np.nan] + [1.0] * 30)))
    assert total(np.ones(32)) == 0
