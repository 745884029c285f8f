import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.text import Phrases, Vocabulary

TEXT = """new york is a new city
they left new york for a city of old
new york and los angeles are far from new haven
in los angeles a new york like this one is old
the new new york of los angeles"""


def encoded(sentences):
    words = [word for sentence in sentences for word in sentence]
    names = list(dict.fromkeys(words))
    vocabulary = Vocabulary.select(names, np.array([words.count(word) for word in names]))
    stream = np.concatenate([[*vocabulary.encode(sentence), -1] for sentence in sentences]).astype(np.int32)
    return vocabulary, stream


def test_scores_by_hand():
    """``new`` 8, ``york`` 5, together 5; ``los angeles`` 3, 3, 3; 43 words."""
    vocabulary, stream = encoded([line.split() for line in TEXT.split("\n")])
    assert vocabulary.counts.sum() == 43
    phrases = Phrases.learn([stream], vocabulary.counts, threshold=4, delta=1)
    found = dict(zip(phrases.names(vocabulary.words), phrases.scores, strict=True))
    assert found == pytest.approx({"new_york": 4 / 8 / 5 * 43, "los_angeles": 2 / 3 / 3 * 43})


def test_joined_text():
    vocabulary, stream = encoded([line.split() for line in TEXT.split("\n")])
    phrases = Phrases.learn([stream], vocabulary.counts, threshold=4, delta=1)
    words = vocabulary.words + phrases.names(vocabulary.words)
    joined = np.concatenate(list(phrases.join([stream[:3], stream[3:]], len(vocabulary))))
    last = [words[k] for k in joined.tolist()[:-1] if k >= 0][-5:]
    assert last == ["the", "new", "new_york", "of", "los_angeles"]
    assert (joined == -1).sum() == 5


def test_equal_to_gensim():
    models = pytest.importorskip("gensim.models.phrases")
    random = np.random.default_rng(0)
    zipf = 1 / np.arange(1, 61)
    draws = random.choice(60, size=(400, 20), p=zipf / zipf.sum())
    sentences = [[f"w{k}" for k in row] for row in draws]
    theirs = models.Phrases(sentences, min_count=1, threshold=0.3)
    vocabulary, stream = encoded(sentences)
    ours = Phrases.learn([stream], vocabulary.counts, threshold=0.3, delta=1, total=len(theirs.vocab))
    assert len(ours.scores) > 20
    assert dict(zip(ours.names(vocabulary.words), ours.scores, strict=True)) == theirs.export_phrases()
    words = vocabulary.words + ours.names(vocabulary.words)
    joined = np.concatenate(list(ours.join([stream], len(vocabulary))))
    bounds = np.flatnonzero(joined == -1)
    for sentence, ids in zip(sentences, np.split(joined, bounds + 1), strict=False):
        assert [words[k] for k in ids[:-1]] == theirs[sentence]


def test_thresholds_below_zero_are_refused():
    with pytest.raises(BadInput, match="must not be negative"):
        Phrases.learn([], np.array([1, 1]), threshold=-1)
