import re
import struct

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.vectors import load, save

UNSEEN = ["runing", "ку", "кошки", "日本語", "x", "the-cat", "naive"]
THREADS = 12  # each fills a tenth of native fastText's matrix: fewer than eleven leave memory as it was, at times NaN
SENTENCES = [["the", "cat", "runs", "кошка"], ["a", "naïve", "cat", "ran", "日本"]] * 30


@pytest.fixture
def native():
    return pytest.importorskip("fasttext")


def test_native_reads_ours(native, with_subwords, tmp_path):
    save(with_subwords, tmp_path / "v.bin")
    model = native.load_model(str(tmp_path / "v.bin"))
    assert model.get_words() == with_subwords.index_to_key
    assert model.get_words(include_freq=True)[1].tolist() == with_subwords.counts.tolist()
    for word in [*with_subwords.index_to_key, *UNSEEN]:
        np.testing.assert_allclose(model.get_word_vector(word), with_subwords[word], atol=1e-6)
    np.testing.assert_array_equal(model.get_output_matrix(), with_subwords.outputs)
    arguments = model.f.getArgs()
    assert (arguments.ws, arguments.minn, arguments.maxn, arguments.bucket) == (7, 2, 4, 50)


@pytest.mark.parametrize("minn", [1, 3])
@pytest.mark.parametrize(("model", "loss"), [("skipgram", "ns"), ("cbow", "hs")])
def test_we_read_native(native, model, loss, minn, tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("".join(" ".join(words) + "\n" for words in SENTENCES))
    trained = native.train_unsupervised(
        str(corpus), model=model, loss=loss, dim=8, minn=minn, maxn=5, bucket=300, minCount=1, epoch=2, thread=THREADS,
        ws=4, t=1.0, verbose=0,
    )  # fmt: skip
    trained.save_model(str(tmp_path / "native.bin"))
    vectors = load(tmp_path / "native.bin")
    assert vectors.index_to_key == trained.get_words()
    assert vectors.counts.tolist() == trained.get_words(include_freq=True)[1].tolist()
    for word in [*vectors.index_to_key, *UNSEEN]:
        np.testing.assert_allclose(vectors[word], trained.get_word_vector(word), atol=1e-6)
    np.testing.assert_array_equal(vectors.outputs, trained.get_output_matrix())
    assert vectors.training == {
        "architecture": model, "loss": loss, "window": 4, "epochs": 2, "min_count": 1, "negatives": 5,
        "sample": 1.0, "tokens": 60 * 4 + 30 + 60,
    }  # fmt: skip
    save(vectors, tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "native.bin").read_bytes()


def test_gensim_reads_ours_and_we_read_gensims(with_subwords, tmp_path):
    fasttext = pytest.importorskip("gensim.models.fasttext")
    save(with_subwords, tmp_path / "ours.bin")
    read = fasttext.load_facebook_model(str(tmp_path / "ours.bin"))
    assert read.wv.index_to_key == with_subwords.index_to_key
    for word in [*with_subwords.index_to_key[:-1], *UNSEEN]:  # gensim gives </s> n-grams, native fastText does not
        np.testing.assert_allclose(read.wv[word], with_subwords[word], atol=1e-6)

    model = fasttext.FastText(
        SENTENCES, vector_size=8, min_count=1, bucket=200, min_n=2, max_n=4, epochs=1, workers=1, window=3
    )
    fasttext.save_facebook_model(model, str(tmp_path / "gensim.bin"))
    vectors = load(tmp_path / "gensim.bin")
    assert vectors.index_to_key == model.wv.index_to_key
    for word in [*vectors.index_to_key, *UNSEEN]:
        np.testing.assert_allclose(vectors[word], model.wv[word], atol=1e-6)
    np.testing.assert_array_equal(vectors.outputs, model.syn1neg)


def test_words_without_subwords(native, vectors, tmp_path):
    save(vectors, tmp_path / "v.bin", "fasttext")
    model = native.load_model(str(tmp_path / "v.bin"))
    read = load(tmp_path / "v.bin")
    assert read.subwords is None
    assert read.counts.tolist() == vectors.counts.tolist()
    for word in vectors.index_to_key:
        np.testing.assert_array_equal(model.get_word_vector(word), vectors[word])
        np.testing.assert_array_equal(read[word], vectors[word])


def test_native_supervised_and_quantised_models_are_refused(native, tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("".join(f"__label__{n % 2} {' '.join(words)}\n" for n, words in enumerate(SENTENCES)))
    model = native.train_supervised(str(corpus), dim=8, epoch=1, minn=2, maxn=3, bucket=300, thread=THREADS, verbose=0)
    model.save_model(str(tmp_path / "supervised.bin"))
    model.quantize(input=str(corpus), verbose=0)
    model.save_model(str(tmp_path / "supervised.ftz"))
    for name in ("supervised.bin", "supervised.ftz"):
        with pytest.raises(BadInput, match=f"{name}: a supervised fastText model, a classifier"):
            load(tmp_path / name)


def test_damage_is_named(with_subwords, tmp_path):
    path = tmp_path / "v.bin"
    save(with_subwords, path)
    whole = path.read_bytes()
    first_word, matrix = whole.index(b"the\0"), whole.index(with_subwords.subwords.words.tobytes())
    ngram, width = with_subwords.subwords.ngrams[0].tobytes(), struct.pack("<q", 7)
    cases = {
        "cut short in its header": whole[:20],
        "cut short in word 1 of 12": whole[: first_word + 5],
        "cut short in the input rows": whole[: matrix + 8],
        "cut short in the output rows": whole[:-1],
        "version 13; up to 12": whole[:4] + struct.pack("<i", 13) + whole[8:],
        "a quantised fastText model": whole[: matrix - 17] + b"\1" + whole[matrix - 16 :],
        "damaged: input rows of 7 numbers where vectors have 6": whole[: matrix - 8] + width + whole[matrix:],
        "the row of 'the' holds NaN": whole[:matrix] + struct.pack("<f", np.nan) + whole[matrix + 4 :],
        "n-gram row 0 holds NaN": whole.replace(ngram, struct.pack("<6f", *[np.inf] * 6)),
        "damaged: 12 words and 51 buckets": whole[:40] + struct.pack("<i", 51) + whole[44:],
    }
    for complaint, data in cases.items():
        path.write_bytes(data)
        with pytest.raises(BadInput, match=re.escape(complaint)) as raised:
            load(path)
        assert str(raised.value).startswith(f"{path}: ")
