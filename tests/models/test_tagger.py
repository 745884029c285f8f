"""Encoders: what a word's hidden vector depends on, and parity with plain torch."""

import pytest
import torch
from torch import nn

from embedlab.batch import SentenceBatch
from embedlab.errors import BadInput
from embedlab.models.tagger import CELLS, Tagger
from embedlab.text.lexicon import Lexicon

WORDS = ["<unk>", *"abcdefgh"]
LEXICON = Lexicon(WORDS, WORDS, ["X", "Y"], lower=False)
SENTENCES = ["a b c d e f", "g", "a h b", "c c c c"]


def tagger(encoder, **more):
    torch.manual_seed(0)
    options = {"embedding_dim": 3, "character_dim": 2, "character_features": 4, "hidden_dim": 6, "dropout": 0.0} | more
    return Tagger(len(WORDS), len(WORDS), encoder=encoder, **options).double()


def batch_of(*sentences):
    return SentenceBatch.of(LEXICON, [sentence.split() for sentence in sentences])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("encoder", ["window", *CELLS])
def test_a_sentence_is_the_same_beside_others(encoder, layers):
    model = tagger(encoder, layers=layers, window=3)
    together = model(batch_of(*SENTENCES))
    for row, sentence in enumerate(SENTENCES):
        alone = model(batch_of(sentence))[0]
        torch.testing.assert_close(together[row, : len(alone)], alone)
    assert together.shape == (4, 6, 6)


@pytest.mark.parametrize("encoder", CELLS)
def test_cells_read_in_both_directions_as_in_torch(encoder):
    model = tagger(encoder, layers=2)
    batch = batch_of(SENTENCES[0])
    plain = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[encoder](7, 3, 2, batch_first=True, bidirectional=True)
    plain.double().load_state_dict(model.encoder.cells.state_dict())
    expected, _ = plain(model.features(batch)[batch.places])
    torch.testing.assert_close(model(batch), expected)


@pytest.mark.parametrize(("layers", "reach"), [(1, 1), (2, 2)])
def test_a_window_is_all_that_is_seen(layers, reach):
    model = tagger("window", layers=layers, window=3)
    first, second = model(batch_of("a b c d e f"))[0], model(batch_of("a b c h e f"))[0]
    changed = (first - second).abs().sum(1) > 1e-12
    assert changed.tolist() == [abs(place - 3) <= reach for place in range(6)]


def test_a_window_by_hand():
    model = tagger("window", window=3)
    batch = batch_of("a b")
    x = torch.nn.functional.pad(model.features(batch)[batch.places][0], (0, 0, 1, 1))
    layer = model.encoder.layers[0]
    weight = layer.weight.transpose(1, 2).flatten(1)  # of three words side by side
    expected = torch.stack([torch.tanh(weight @ x[at : at + 3].flatten() + layer.bias) for at in range(2)])
    torch.testing.assert_close(model(batch)[0], expected)


def test_dropout_is_on_each_occurrence_on_its_own():
    model = tagger("lstm", dropout=0.5)
    hidden = model(batch_of("c c c c"))[0]
    assert (hidden == 0).any()
    assert not torch.equal(hidden[1] == 0, hidden[2] == 0)
    assert torch.equal(model.eval()(batch_of("c c")), model(batch_of("c c")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"encoder": "transformer"}, r"model\.encoder=transformer: there are window, rnn, lstm, gru"),
        ({"hidden_dim": 0}, r"model\.hidden_dim=0"),
        ({"hidden_dim": 5}, r"model\.hidden_dim=5: even"),
        ({"dropout": 1.0}, r"model\.dropout=1\.0: a probability"),
        ({"encoder": "window", "window": 4}, r"model\.window=4: odd"),
    ],
)
def test_what_cannot_be(arguments, said):
    with pytest.raises(BadInput, match=said):
        Tagger(9, 9, **arguments)
