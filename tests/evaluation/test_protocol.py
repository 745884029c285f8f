import numpy as np
import pytest

from embedlab.evaluation import EvaluationSet


def test_broken_embeddings_are_refused():
    x = np.zeros((4, 2), np.float32)
    x[2, 1] = np.nan
    x[3, 0] = np.inf
    with pytest.raises(ValueError, match=r"embeddings hold NaN or infinity in 2 of 4 rows, first in row 2"):
        EvaluationSet(x, np.arange(4))


@pytest.mark.parametrize(("shape", "labels"), [((3, 2), 4), ((3,), 3), ((0, 2), 0)])
def test_embeddings_go_with_labels(shape, labels):
    with pytest.raises(ValueError, match=r"embeddings are \(number, dim\)"):
        EvaluationSet(np.zeros(shape, np.float32), np.arange(labels))
