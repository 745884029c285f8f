import numpy as np
import pytest

from embedlab.apps.words import evaluate, open_vectors, vectors_file
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


def test_nothing_there(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="a run without exported vectors"):
        open_vectors(tmp_path)
    with pytest.raises(BadInput, match="none: no such file"):
        open_vectors(tmp_path / "none")
    monkeypatch.setenv("EMBEDLAB_DATA", str(tmp_path))
    with pytest.raises(BadInput, match="set EMBEDLAB_DATA"):
        evaluate(tmp_path / "v.txt", [])


def test_pairs_of_ones_own(tmp_path):
    save(VECTORS, tmp_path / "v.txt")
    (tmp_path / "mine.txt").write_text("a b 3\na c 1\nb c 2\na d 2\n")
    found = evaluate(tmp_path / "v.txt", [str(tmp_path / "mine.txt")])
    assert {name: estimate.value for name, estimate in found.items()} == {
        "mine_spearman": pytest.approx(1), "mine_coverage": 0.75,
    }  # fmt: skip
