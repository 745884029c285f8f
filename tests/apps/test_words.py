import numpy as np
import pytest

from embedlab.apps.words import open_vectors, vectors_file
from embedlab.errors import BadInput
from embedlab.vectors import WordVectors, save

VECTORS = WordVectors(["a", "b", "c"], np.array([[1, 0], [1, 1], [-1, 0]]))


def test_a_run_is_opened_by_its_exports(tmp_path):
    (tmp_path / "exports").mkdir()
    save(VECTORS, tmp_path / "exports" / "vectors.txt")
    assert vectors_file(tmp_path) == tmp_path / "exports" / "vectors.txt"
    save(VECTORS, tmp_path / "exports" / "vectors.bin")
    assert vectors_file(tmp_path) == tmp_path / "exports" / "vectors.bin"
    np.testing.assert_array_equal(open_vectors(tmp_path).vectors, VECTORS.vectors)


def test_nothing_there(tmp_path):
    with pytest.raises(BadInput, match="a run without exported vectors"):
        open_vectors(tmp_path)
    with pytest.raises(BadInput, match="none: no such file"):
        open_vectors(tmp_path / "none")
