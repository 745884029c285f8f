import heapq

import numpy as np
import pytest

from embedlab.text import HuffmanTree


def least_expected_length(counts) -> int:
    heap = [int(count) for count in counts]
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        total += joined
        heapq.heappush(heap, joined)
    return total


@pytest.mark.parametrize("counts", [[1, 1], [5, 5, 5], [0, 0, 3], [1] * 100, [3, 1, 4, 1, 5, 9, 2, 6], [2**40, 1, 1]])
def test_the_expected_length_is_least(counts):
    tree = HuffmanTree.of(np.array(counts))
    assert (tree.lengths * counts).sum() == least_expected_length(counts)


def test_random_trees_in_any_order():
    random = np.random.default_rng(0)
    for size in (2, 3, 50, 1000):
        counts = random.zipf(1.3, size).clip(max=10**9)
        tree = HuffmanTree.of(counts)
        assert (tree.lengths * counts).sum() == least_expected_length(counts)
        assert (2.0**-tree.lengths).sum() == pytest.approx(1)  # Kraft: the code is complete
        assert (tree.points[tree.bounds[:-1]] == size - 2).all()  # all start at the root


def test_codes_are_prefix_free_and_follow_the_points():
    """Two words share a point exactly as long as their codes agree."""
    counts = np.array([50, 20, 20, 7, 3, 2, 1, 1])
    tree = HuffmanTree.of(counts)
    ways = [
        (tuple(tree.codes[a:b]), tuple(tree.points[a:b]))
        for a, b in zip(tree.bounds[:-1], tree.bounds[1:], strict=True)
    ]
    for i, (code, points) in enumerate(ways):
        for other_code, other_points in ways[:i]:
            agree = next(k for k, (x, y) in enumerate(zip(code, other_code, strict=False)) if x != y)
            shared = [x == y for x, y in zip(points, other_points, strict=False)]
            assert shared == [k <= agree for k in range(len(shared))]
    assert sorted(set(tree.points.tolist())) == [*range(len(counts) - 1)]


def test_code_lengths_equal_gensims():
    """Counts without ties, so that there is one optimal tree but for sides."""
    word2vec = pytest.importorskip("gensim.models.word2vec")
    counts = np.unique(np.random.default_rng(1).integers(1, 2**40, 300))[::-1]
    model = word2vec.Word2Vec(hs=1, negative=0, min_count=1, vector_size=1)
    model.build_vocab_from_freq({f"w{k}": int(count) for k, count in enumerate(counts)})
    tree = HuffmanTree.of(counts)
    for k in range(len(counts)):
        place = model.wv.key_to_index[f"w{k}"]
        start, end = tree.bounds[k], tree.bounds[k + 1]
        assert model.wv.get_vecattr(f"w{k}", "code").tolist() == tree.codes[start:end].tolist()
        assert place == k
        assert model.wv.get_vecattr(f"w{k}", "point").tolist() == tree.points[start:end].tolist()


@pytest.mark.parametrize("counts", [[], [3], [3, -1]])
def test_what_has_no_tree(counts):
    with pytest.raises(ValueError, match="at least two words"):
        HuffmanTree.of(np.array(counts, np.int64))
