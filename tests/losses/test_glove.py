import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.kernels import reference
from embedlab.kernels.word_random import keep_thresholds
from embedlab.losses.glove import GloveLoss
from embedlab.losses.words import WordWindows
from embedlab.models.glove import Glove

V, CELLS = 9, 301
COUNTS = np.full(V, 10)
DRAW = np.random.default_rng(0)
ROWS, COLUMNS = DRAW.integers(0, V, (2, CELLS)).astype(np.int32)
VALUES = DRAW.lognormal(1, 1, CELLS).astype(np.float32)
IDS = np.zeros(70, np.int32)
OFFSETS = np.array([0, 13, 14, 40, 70])


def windows(subsample=0.0):
    of_distance = {True: (ROWS, COLUMNS, VALUES)}
    return WordWindows(COUNTS, keep_thresholds(COUNTS, subsample), 10, cooccurrence=of_distance.__getitem__)


def test_blocks_of_text_are_shares_of_the_cells():
    """All blocks together are one pass over all cells in order, as the plain loops do it."""
    model = Glove(V, embedding_dim=6)
    tables, squares = ([table.astype(np.float64) for table in half] for half in (model.tables[:4], model.tables[4:]))
    kernel = GloveLoss(x_max=5.0, alpha=0.6).kernel(windows())
    done = [
        kernel(*model.tables, IDS, OFFSETS, s, s + 1, rate_begin=0.06, rate_end=0.04, seed=np.uint64(s))
        for s in range(4)
    ]
    assert [entries for entries, _ in done] == [301 * 13 // 70, 301 * 14 // 70 - 301 * 13 // 70, 172 - 60, 301 - 172]
    expected = reference.train_glove(*tables, squares, ROWS, COLUMNS, VALUES, rate=0.05, x_max=5.0, alpha=0.6)
    assert sum(loss for _, loss in done) == pytest.approx(expected[1], rel=1e-5)
    for got, plain in zip(model.tables, (*tables, *squares), strict=True):
        np.testing.assert_allclose(got, plain, rtol=1e-4, atol=1e-5)


def test_what_is_refused():
    with pytest.raises(BadInput, match=r"loss.x_max=0: a count is above zero"):
        GloveLoss(x_max=0)
    with pytest.raises(BadInput, match=r"counted in the whole text; take task.subsample=0"):
        GloveLoss().kernel(windows(subsample=1e-3))
