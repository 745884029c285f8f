"""Networks for texts against loops over one text at a time, and what no neighbour in a batch may change."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from embedlab.batch import TextBatch
from embedlab.errors import BadInput
from embedlab.models.sentence_bag import ACTIVATIONS, POOLINGS, SentenceBag, chi_squared
from embedlab.models.sentence_cnn import SentenceCnn
from embedlab.models.sentence_rnn import POOLINGS as READINGS
from embedlab.models.sentence_rnn import SentenceRnn

TEXTS = [[3, 1, 4, 1, 5, 9, 2, 6], [5], [3, 5], [8, 9, 7]]
LABELS = [0, 1, 0, 1]
MODELS = {
    "cnn": lambda: SentenceCnn(10, 6, widths=(1, 3, 5), maps=4, dropout=0.0),
    **{
        f"bag, {name}": lambda name=name: SentenceBag(10, 6, pooling=name, hidden=[5], dropout=0.0) for name in POOLINGS
    },
    **{
        f"{cell}, {name}": lambda cell=cell, name=name: SentenceRnn(
            10, 6, cell=cell, hidden_dim=8, layers=2, pooling=name, dropout=0.0
        )
        for cell, name in zip(("rnn", "lstm", "gru", "lstm"), READINGS, strict=True)
    },
}


@pytest.fixture(params=MODELS)
def model(request):
    torch.manual_seed(1)
    made = MODELS[request.param]()
    if isinstance(made, SentenceBag):
        made.weigh([np.array(text) for text in TEXTS], LABELS)
    for weight in made.parameters():  # those of filters begin too small to see
        nn.init.uniform_(weight, -1, 1)
    return made.eval().double()


def test_no_text_depends_on_those_beside_it(model):
    together = model(TextBatch.of(TEXTS))
    assert together.shape == (4, model.output_dim)
    for row, text in enumerate(TEXTS):
        torch.testing.assert_close(model(TextBatch.of([text]))[0], together[row], rtol=1e-12, atol=1e-12)


def test_the_cnn_is_kims():
    torch.manual_seed(2)
    model = SentenceCnn(10, 6, widths=(2, 3), maps=4, dropout=0.0).double()
    for layer in model.filters:
        nn.init.uniform_(layer.weight, -1, 1)
        nn.init.uniform_(layer.bias, -1, 1)
    vectors = model.words.channels["trained"].weight
    for text, found in zip(TEXTS, model(TextBatch.of(TEXTS)), strict=True):
        expected = []
        for layer, width in zip(model.filters, (2, 3), strict=True):
            zeros = torch.zeros(width - 1, 6, dtype=torch.double)
            rows = torch.cat([zeros, vectors[text], zeros])
            windows = [rows[i : i + width] for i in range(len(text) + width - 1)]
            answers = torch.stack([(layer.weight * w.T).sum((1, 2)) + layer.bias for w in windows])
            expected.append(answers.clamp(min=0).amax(0))
        torch.testing.assert_close(found, torch.cat(expected))


def test_a_bag_is_a_weighted_sum():
    def bag(pooling, **more):
        model = SentenceBag(10, 6, pooling=pooling, dropout=0.0, **more).double()
        model.weigh([np.array(text) for text in TEXTS], LABELS)
        return model, model.words.channels["trained"].weight, model(TextBatch.of(TEXTS))

    model, vectors, found = bag("sum")
    torch.testing.assert_close(found[3], vectors[[8, 9, 7]].sum(0))
    model, vectors, found = bag("mean")
    torch.testing.assert_close(found[0], vectors[TEXTS[0]].mean(0))
    model, vectors, found = bag("tfidf")  # of four texts three have the word 5, two 3 and 9
    assert model.weights[[5, 3, 9, 1]].tolist() == pytest.approx(
        [math.log(4 / 3), math.log(2), math.log(2), math.log(4)], rel=1e-6
    )
    torch.testing.assert_close(found[2], (model.weights[3] * vectors[3] + model.weights[5] * vectors[5]) / 2)
    model, vectors, found = bag("sif")  # 1 is two of fourteen words
    assert model.weights[1].item() == pytest.approx(0.001 / (0.001 + 2 / 14), rel=1e-6)
    assert model.weights[0].item() == pytest.approx(1)
    torch.testing.assert_close(found[1], model.weights[5] * vectors[5])
    model, vectors, found = bag("keywords", keywords=1)  # 3 is in both texts of the first class and in no other
    assert model.weights.nonzero().tolist() == [[3]]
    torch.testing.assert_close(found, torch.stack([vectors[3], 0 * vectors[3], vectors[3], 0 * vectors[3]]))


@pytest.mark.parametrize(("name", "function"), [("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("relu", torch.relu)])
def test_layers_above_the_bag(name, function):
    model = SentenceBag(10, 6, pooling="sum", hidden=[5, 3], activation=name, dropout=0.0)
    first, second = (layer for layer in model.layers if isinstance(layer, nn.Linear))
    bag = model.words(TextBatch.of(TEXTS)).sum(1)
    torch.testing.assert_close(model(TextBatch.of(TEXTS)), function(second(function(first(bag)))))
    assert isinstance(ACTIVATIONS["leaky_relu"](), nn.LeakyReLU)


def test_chi_squared_is_scikit_learns():
    from scipy.stats import chi2_contingency

    random = np.random.default_rng(0)
    labels = random.integers(3, size=50)
    texts = [random.integers(5 + 3 * label, size=6) for label in labels]
    found = chi_squared(texts, labels.tolist(), 12)
    for word in range(11):
        having = np.array([word in text for text in texts])
        table = [[(having & (labels == c)).sum(), (~having & (labels == c)).sum()] for c in range(3)]
        assert found[word] == pytest.approx(chi2_contingency(table, correction=False).statistic, rel=1e-9)
    assert found[11] == 0  # in no text


@pytest.mark.parametrize("pooling", READINGS)
def test_what_is_taken_from_a_network_that_reads(pooling):
    torch.manual_seed(0)
    model = SentenceRnn(10, 6, cell="gru", hidden_dim=8, pooling=pooling, dropout=0.0).eval().double()
    found = model(TextBatch.of(TEXTS))
    for row, text in enumerate(TEXTS):
        hidden = model.cells(model.words.channels["trained"].weight[text][None])[0][0]
        if pooling == "last":
            expected = torch.cat([hidden[-1, :4], hidden[0, 4:]])
        elif pooling == "attention":
            first, _, last = model.attention
            shares = (torch.tanh(hidden @ first.weight.T + first.bias) @ last.weight[0]).softmax(0)
            expected = shares @ hidden
        else:
            expected = hidden.mean(0) if pooling == "mean" else hidden.amax(0)
        torch.testing.assert_close(found[row], expected)


def test_dropout_is_of_training_only():
    torch.manual_seed(0)
    for model in (SentenceCnn(10, 6, maps=50), SentenceBag(10, 60, pooling="sum"), SentenceRnn(10, 6)):
        batch = TextBatch.of(TEXTS)
        if isinstance(model, SentenceCnn):
            for layer in model.filters:
                nn.init.constant_(layer.bias, 1.0)
        assert (model(batch) == 0).float().mean().item() == pytest.approx(0.5, abs=0.1)
        assert (model.eval()(batch) == 0).float().mean() < 0.05


@pytest.mark.parametrize(
    ("made", "options", "said"),
    [
        (SentenceCnn, {"widths": []}, r"model.widths=\[\], model.maps=100: one width or more"),
        (SentenceCnn, {"maps": 0}, "model.maps=0"),
        (SentenceCnn, {"dropout": 1.0}, "model.dropout=1.0"),
        (SentenceRnn, {"cell": "tcn"}, "model.cell=tcn: there are rnn, lstm, gru"),
        (SentenceRnn, {"pooling": "first"}, "model.pooling=first: there are last, mean, max, attention"),
        (SentenceRnn, {"hidden_dim": 5}, "model.hidden_dim=5"),
        (SentenceRnn, {"dropout": -0.1}, "model.dropout=-0.1"),
        (SentenceBag, {"pooling": "max"}, "model.pooling=max: there are sum, mean, tfidf, sif, keywords"),
        (SentenceBag, {"activation": "gelu"}, "model.activation=gelu: there are sigmoid, tanh, relu, leaky_relu"),
        (SentenceBag, {"hidden": [0]}, r"model.hidden=\[0\]"),
        (SentenceBag, {"dropout": 1.0}, "model.dropout=1.0"),
    ],
)
def test_what_cannot_be(made, options, said):
    with pytest.raises(BadInput, match=said):
        made(10, **options)
