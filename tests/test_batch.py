import pytest
import torch

from embedlab.batch import EmbeddingBatch, Pairs, SentenceBatch, Triplets, as_pairs, columns_of, within
from embedlab.miners import BatchHard
from embedlab.text.lexicon import Lexicon

LABELS = torch.tensor([0, 1, 0, 2])


def test_masks_of_one_tower():
    batch = EmbeddingBatch(torch.randn(4, 3), LABELS)
    assert batch.one_tower
    assert batch.positives.nonzero().tolist() == [[0, 2], [2, 0]]
    assert torch.equal(batch.negatives, LABELS[:, None] != LABELS[None])


@pytest.mark.parametrize(
    ("offset", "own"), [(None, []), (0, [(0, 0), (1, 1), (2, 2), (3, 3)]), (2, [(0, 2), (1, 3), (2, 4), (3, 5)])]
)
def test_an_object_is_never_its_own_positive(offset, own):
    labels = torch.zeros(4).long()
    batch = EmbeddingBatch(torch.randn(4, 3), labels, torch.randn(6, 3), torch.zeros(6).long(), offset)
    assert [tuple(pair) for pair in (~batch.positives).nonzero().tolist()] == own
    assert not batch.negatives.any()
    assert not batch.one_tower


def test_each_distance_is_computed_once():
    calls = []

    def distance(x, y):
        calls.append(1)
        return x @ y.T

    batch = EmbeddingBatch(torch.randn(4, 3), LABELS)
    assert batch.distances(distance) is batch.distances(distance)
    assert batch.distances("cosine") is batch.distances("cosine")
    assert len(calls) == 1


def test_masks_of_mined_triplets_and_pairs():
    batch = EmbeddingBatch(torch.randn(4, 3), LABELS)
    triplets = Triplets(*torch.tensor([[0, 2, 1], [0, 2, 3], [2, 0, 1]]).T)
    for mined in (triplets, as_pairs(triplets)):
        positives, negatives = batch.masks(mined)
        assert positives.nonzero().tolist() == [[0, 2], [2, 0]]
        assert negatives.nonzero().tolist() == [[0, 1], [0, 3], [2, 1]]
    assert batch.masks() == (batch.positives, batch.negatives)
    pairs = Pairs(*(torch.tensor([i]) for i in range(4)))
    assert as_pairs(pairs) is pairs


def test_columns_of_a_mask():
    mask = torch.tensor([[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]]).bool()
    columns, real = columns_of(mask)
    assert columns.shape == real.shape == (3, 3)
    assert [sorted(row[kept].tolist()) for row, kept in zip(columns, real, strict=True)] == [[1, 3], [], [0, 1, 2]]
    assert columns_of(mask & False)[1].sum() == 0
    assert columns_of(torch.zeros(0, 0).bool())[0].shape == (0, 0)


def test_what_does_not_fit_is_named():
    x = torch.randn(4, 3)
    with pytest.raises(ValueError, match="come together"):
        EmbeddingBatch(x, LABELS, candidates=x)
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(3,\)"):
        EmbeddingBatch(x, LABELS[:3])
    with pytest.raises(ValueError, match=r"\(4, 3, 1\)"):
        EmbeddingBatch(x[..., None], LABELS)


def test_a_miner_that_asks_first_does_not_cut_the_gradient():
    embeddings = torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.arange(4).repeat_interleave(2)

    def gradient(with_miner: bool) -> torch.Tensor:
        x = embeddings.clone().requires_grad_()
        batch = EmbeddingBatch(x, labels)
        if with_miner:
            BatchHard("euclidean")(batch)
        batch.distances("euclidean").sum().backward()
        return x.grad

    assert gradient(True).abs().sum() > 0
    assert torch.equal(gradient(True), gradient(False))


def test_a_batch_of_sentences_has_each_distinct_word_once():
    lexicon = Lexicon(["<unk>", "a", "dog"], ["<unk>", "a", "d", "o"], ["D", "N"], lower=True)
    batch = SentenceBatch.of(lexicon, [["A", "dog"], ["a"], ["dog", "a", "dog"]], [["D", "N"], ["D"], ["N", "X", "N"]])
    assert batch.forms == ("A", "dog", "a")
    assert batch.words.tolist() == [1, 2, 1]
    assert batch.spelled.tolist() == [1, 3, 1]
    assert [row[:n] for row, n in zip(batch.characters.tolist(), (1, 3, 1), strict=True)] == [[0], [2, 3, 0], [1]]
    own = within(batch.lengths, 3)
    assert own.tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert batch.places[own].tolist() == [0, 1, 2, 1, 2, 1]
    assert batch.tags[own].tolist() == [0, 1, 0, 1, 0, 1]  # a tag that is not known is 0
    assert SentenceBatch.of(lexicon, [["a"]]).tags.tolist() == [[0]]
