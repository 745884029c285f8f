import pytest

from embedlab.errors import BadInput
from embedlab.text import Subwords

WORDS = ["the", "русский", "a", "é", "naïve", "</s>", "internationalisation", "東京"]


def rows(pair, i):
    return pair[0][pair[1][i] : pair[1][i + 1]].tolist()


def test_ngrams_by_hand():
    assert Subwords(1, minn=3, maxn=4).ngrams("cat") == ["<ca", "<cat", "cat", "cat>", "at>"]
    assert Subwords(1, minn=1, maxn=2).ngrams("éa") == ["<é", "é", "éa", "a", "a>"]
    assert Subwords(1, minn=3, maxn=5).ngrams("русский")[:4] == ["<ру", "<рус", "<русс", "рус"]


def test_the_words_own_row_comes_first_then_its_ngrams():
    subwords = Subwords(len(WORDS), minn=3, maxn=6, bucket=1000)
    known, unseen = subwords.of_vocabulary(WORDS), subwords.of_unseen(WORDS)
    for i, word in enumerate(WORDS):
        assert rows(known, i) == [i, *rows(unseen, i)]
        assert len(rows(unseen, i)) == len(subwords.ngrams(word))
    assert unseen[0].min() >= len(WORDS)
    assert unseen[0].max() < subwords.rows == len(WORDS) + 1000
    assert rows(known, WORDS.index("</s>")) == [5]


def test_no_ngrams():
    subwords = Subwords(len(WORDS), minn=0, maxn=0)
    assert subwords.rows == len(WORDS)
    assert subwords.of_vocabulary(WORDS)[0].tolist() == [*range(len(WORDS))]
    assert subwords.of_unseen([])[1].tolist() == [0]


@pytest.mark.parametrize(("minn", "maxn", "bucket"), [(3, 6, 2_000_000), (1, 3, 97), (2, 4, 5000)])
def test_equal_to_gensim(minn, maxn, bucket):
    fasttext = pytest.importorskip("gensim.models.fasttext_inner")
    words = [word for word in WORDS if word != "</s>"]
    pair = Subwords(len(words), minn, maxn, bucket).of_unseen(words)
    for i, word in enumerate(words):
        ngrams = fasttext.compute_ngrams_bytes(word, minn, maxn)
        hashes = [fasttext.ft_hash_bytes(ngram) % bucket + len(words) for ngram in ngrams]
        assert rows(pair, i) == hashes
        assert Subwords(1, minn, maxn).ngrams(word) == [ngram.decode() for ngram in ngrams]


def test_equal_to_native_fasttext(tmp_path):
    fasttext = pytest.importorskip("fasttext")
    text = tmp_path / "text.txt"
    text.write_text("the русский a é naïve internationalisation 東京\n" * 3)
    model = fasttext.train_unsupervised(
        str(text), dim=2, minCount=1, minn=2, maxn=5, bucket=777, epoch=1, thread=1, verbose=0
    )
    words = model.get_words()
    subwords = Subwords(len(words), 2, 5, 777)
    for i, word in enumerate(words):
        ngrams, theirs = model.get_subwords(word)
        assert rows(subwords.of_vocabulary(words), i) == theirs.tolist()
        assert [word, *subwords.ngrams(word)] == ngrams
    ngrams, theirs = model.get_subwords("токио東")
    assert rows(subwords.of_unseen(["токио東"]), 0) == theirs.tolist()


@pytest.mark.parametrize("options", [{"minn": 4, "maxn": 3}, {"minn": -1}, {"bucket": 0}])
def test_bad_sizes(options):
    with pytest.raises(BadInput):
        Subwords(10, **options)
