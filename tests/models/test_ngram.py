import io

import numpy as np
import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.ngram import NGram
from embedlab.ngrams import JelinekMercer, ModifiedKneserNey, NGramTable, WittenBell


def text(seed, words=9, length=300, sentences=40):
    draw = np.random.default_rng(seed)
    ids = np.minimum(draw.zipf(1.5, length) - 1, words - 1).astype(np.int32)
    return ids, np.unique(np.concatenate([[0, length], draw.integers(0, length, sentences)]))


def reloaded(model, fresh):
    """The state through a file, read as untrusted ones are."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return fresh


def test_counts_in_blocks_and_predicts():
    """As the smoothing of the table, also when more is counted after the first prediction."""
    model = NGram(9, ModifiedKneserNey(), order=3)
    blocks, test = [text(0), text(1)], text(2)
    for ids, offsets in blocks:
        model.count(torch.from_numpy(ids), torch.from_numpy(offsets))
        found = model(*test)
    table = NGramTable.count(*blocks[0], 9, 3).merged(NGramTable.count(*blocks[1], 9, 3))
    expected = ModifiedKneserNey()(table).log_probabilities(*test)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert found.dtype == torch.float64


def test_goes_on_from_a_checkpoint():
    blocks, test = [text(seed) for seed in range(3)], text(9)
    whole, half = NGram(9, WittenBell(), 4), NGram(9, WittenBell(), 4)
    for block in blocks:
        whole.count(*block)
    half.count(*blocks[0])
    resumed = reloaded(half, NGram(9, WittenBell(), 4))
    for block in blocks[1:]:
        resumed.count(*block)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])
    assert torch.equal(whole(*test), resumed(*test))


def test_keeps_the_weights_of_its_smoothing():
    model = NGram(9, JelinekMercer(buckets=3), 3)
    model.count(*text(0))
    with pytest.raises(BadInput, match="held-out text"):
        model(*text(2))
    model.fit(*text(1))
    again = reloaded(model, NGram(9, JelinekMercer(buckets=3), 3))
    assert torch.equal(model(*text(2)), again(*text(2)))
    assert model.smoothing.weights.shape == (3, 3)


def test_counts_of_another_model():
    model = NGram(9, WittenBell(), 3)
    model.count(*text(0))
    with pytest.raises(BadInput, match="counts of order 3 over 9 words do not fit a model of order 2 over 9"):
        reloaded(model, NGram(9, WittenBell(), 2))
    with pytest.raises(BadInput, match="order=11"):
        NGram(9, WittenBell(), 11)
