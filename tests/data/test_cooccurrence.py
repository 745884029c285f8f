import numpy as np
import pytest

from embedlab.data import cooccurrence as module
from embedlab.data.cooccurrence import cooccurrence_cells
from embedlab.data.preparation import Preparation
from embedlab.errors import BadInput
from embedlab.kernels.cooccurrence import cooccurrence


def text(words=60, length=3000):
    draw = np.random.default_rng(0)
    offsets = np.unique(np.concatenate([[0, length], draw.integers(0, length, 200)]))
    return draw.integers(0, words, length).astype(np.int32), offsets


def as_matrix(cells, words=60):
    rows, columns, values = cells
    matrix = np.zeros((words, words))
    np.add.at(matrix, (rows, columns), values)
    return matrix


@pytest.mark.parametrize("memory", [1 << 26, 1 << 14])
@pytest.mark.parametrize("by_distance", [True, False])
def test_all_cells_are_there_in_random_order(memory, by_distance, tmp_path):
    """With room for all of them at once, and dealt to 18 files."""
    ids, offsets = text()
    cells = cooccurrence_cells(tmp_path, ids, offsets, 4, by_distance, memory)
    expected = [np.concatenate(part) for part in zip(*cooccurrence(ids, offsets, 4, by_distance), strict=True)]
    assert [part.dtype for part in cells] == [np.int32, np.int32, np.float32]
    assert all(isinstance(part, np.memmap) for part in cells)
    assert len({*zip(*(part.tolist() for part in cells[:2]), strict=True)}) == len(cells[2]) == len(expected[2])
    np.testing.assert_allclose(as_matrix(cells), as_matrix(expected), rtol=1e-6)
    # Of ordered cells the first word would go up with the place; of random ones it knows nothing of it.
    correlation = np.corrcoef(np.arange(len(cells[0])), cells[0])[0, 1]
    assert abs(correlation) < 4 / np.sqrt(len(cells[0]))
    again = cooccurrence_cells(tmp_path / "other", ids, offsets, 4, by_distance, memory)
    assert all(np.array_equal(first, second) for first, second in zip(cells, again, strict=True))


def test_a_corpus_is_counted_once_for_each_window(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text("a b c\nb a\nc\n")
    corpus = Preparation(min_count=1)(tmp_path / "text.txt", tmp_path)
    counted = []
    count = module._count
    monkeypatch.setattr(module, "_count", lambda *a, **k: counted.append(k["window"]) or count(*a, **k))
    order = [corpus.vocabulary.index[word] for word in "abc"]
    for _ in range(2):
        assert as_matrix(corpus.cooccurrence(2, True), 3)[np.ix_(order, order)].tolist() == [
            [0, 2, 0.5], [2, 0, 1], [0.5, 1, 0],
        ]  # fmt: skip
        assert as_matrix(corpus.cooccurrence(1, False), 3)[np.ix_(order, order)].tolist() == [
            [0, 2, 0], [2, 0, 1], [0, 1, 0],
        ]  # fmt: skip
    assert counted == [2, 1]


def test_words_that_stand_alone(tmp_path):
    (tmp_path / "text.txt").write_text("a\nb\na\n")
    corpus = Preparation(min_count=1)(tmp_path / "text.txt", tmp_path)
    with pytest.raises(BadInput, match="no two words of the text stand in one sentence"):
        corpus.cooccurrence(2, True)
    assert not list(corpus.directory.glob("*.partial"))
