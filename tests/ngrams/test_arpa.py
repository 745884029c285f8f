import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.ngrams import (
    AddK,
    Katz,
    KneserNey,
    MaximumLikelihood,
    ModifiedKneserNey,
    NGramTable,
    StupidBackoff,
    WittenBell,
    read_arpa,
    write_arpa,
)

BY_HAND = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-99\t<s>\t-0.5
-0.5\t</s>
-1\ta\t-0.25
-0.75\tb\t0.125

\\2-grams:
-0.125\t<s> a
-0.25\ta </s>

\\end\\
"""

WORDS = ["a", "<unk>", "<eos>", "é", "b\\c", " ", "\n", "x y", "I"]


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "lm.arpa"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_by_hand(written):
    model, words = read_arpa(written(BY_HAND))
    assert words == ["<eos>", "a", "b"]
    found = model.log_scores([1, 0, 2, 1, 0, 1, 2], [0, 2, 5, 7]) / np.log(10)
    #          <s> a, a </s>,  <s>: b,      b: a,     a </s>,  <s> a,  a: b
    expected = [-0.125, -0.25, -0.5 - 0.75, 0.125 - 1, -0.25, -0.125, -0.25 - 0.75]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.isneginf(model.log_probabilities_of[model.start])


def test_written_by_hand(tmp_path):
    """``a </s>`` twice, ``b </s>`` once."""
    table = NGramTable.count([0, 2, 0, 2, 1, 2], [0, 2, 4, 6], 3, 2)
    write_arpa(MaximumLikelihood()(table), ["a", "b", "<eos>"], tmp_path / "lm.arpa")
    third, half, two_thirds = (f"{np.log10(p):.7g}" for p in (np.float32(1) / 3, 0.5, 2 / 3))
    sixth = f"{np.log10(1 / 6):.7g}"
    lines = (tmp_path / "lm.arpa").read_text().replace("\t", " ").split("\n")
    head = ["\\data\\", "ngram 1=4", "ngram 2=4", "", "\\1-grams:"]
    assert lines[:5] == head
    rows = {}
    for line in lines[5:]:
        if line and not line.startswith("\\"):
            number, rest = line.split(" ", 1)
            rows[rest] = float(number)
    expected = {"a -99": third, "b -99": sixth, "</s> 0": half, "<s> -99": -99, "<s> a": two_thirds, "<s> b": third}
    expected |= {"a </s>": 0, "b </s>": 0}
    assert rows == pytest.approx({ngram: float(number) for ngram, number in expected.items()}, rel=1e-6)
    assert lines[-2:] == ["\\end\\", ""]


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("smoothing", [MaximumLikelihood(), AddK(0.2), Katz(), WittenBell(), ModifiedKneserNey()])
def test_read_as_written(text, tmp_path, smoothing, order):
    ids, offsets = text(order)
    table = NGramTable.count(ids, offsets, 9, order)
    model = smoothing(table)
    write_arpa(model, WORDS, tmp_path / "lm.arpa")
    again, words = read_arpa(tmp_path / "lm.arpa")
    assert words == WORDS
    for name in ("words", "first", "suffixes", "levels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name), err_msg=name)
        assert getattr(again, name).dtype == getattr(model, name).dtype
    other_ids, other_offsets = text(5)
    np.testing.assert_allclose(
        np.exp(again.log_scores(other_ids, other_offsets)),
        np.exp(model.log_scores(other_ids, other_offsets)),
        rtol=3e-6,
    )


def test_a_pruned_model(written):
    """The suffix ``b c`` of a trigram is not there: its context goes on from ``c`` alone."""
    model, words = read_arpa(
        written(
            "\\data\\\nngram 1=4\nngram 2=2\nngram 3=1\n\n"
            "\\1-grams:\n-99 <s> -0.5\n-1 a -0.25\n-1 b -0.125\n-1 c -0.75\n"
            "\n\\2-grams:\n-0.5 a b -0.375\n-0.25 c a\n\n\\3-grams:\n-0.0625 a b c\n\n\\end\\\n"
        )
    )
    found = model.log_scores([0, 1, 2, 0, 0, 1, 2, 1], [0, 8]) / np.log(10)
    expected = [-0.5 - 1, -0.5, -0.0625, -0.25, -0.25 - 1, -0.5, -0.0625, -0.75 - 1]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert words == ["a", "b", "c"]


@pytest.mark.parametrize("smoothing", [AddK(0.2), Katz(), WittenBell(), KneserNey(), ModifiedKneserNey()])
def test_equal_to_kenlm(text, tmp_path, smoothing):
    kenlm = pytest.importorskip("kenlm")
    ids, offsets = text(0)
    ids = np.insert(ids, offsets[1:], 8)  # each sentence with an end
    offsets = offsets + np.arange(len(offsets))
    words = ["<unk>", "a", "b", "é", "d", "e", "f", "g", "<eos>"]
    model = smoothing(NGramTable.count(ids, offsets, 9, 4))
    write_arpa(model, words, tmp_path / "lm.arpa")
    theirs = kenlm.Model(str(tmp_path / "lm.arpa"))
    draw = np.random.default_rng(1)
    for _ in range(50):
        sentence = draw.integers(0, 8, draw.integers(1, 8))
        found = model.log_scores([*sentence, 8], [0, len(sentence) + 1])
        expected = [row[0] for row in theirs.full_scores(" ".join(words[k] for k in sentence))]
        np.testing.assert_allclose(found / np.log(10), expected, rtol=1e-5, atol=1e-6)


def test_models_that_can_not_be_written(tmp_path):
    table = NGramTable.count([0, 1], [0, 2], 2, 2)
    with pytest.raises(BadInput, match="stupid back-off has no probabilities"):
        write_arpa(StupidBackoff()(table), ["a", "b"], tmp_path / "lm.arpa")
    for words in (["a", "a"], ["a", ""], ["<s>", "a"], ["<eos>", "</s>"], [" ", "\\u0020"]):
        with pytest.raises(BadInput, match="an ARPA file can't hold it"):
            write_arpa(AddK()(table), words, tmp_path / "lm.arpa")
    with pytest.raises(ValueError, match="3 words for a model of 2"):
        write_arpa(AddK()(table), ["a", "b", "c"], tmp_path / "lm.arpa")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("\\data\\", "data"), "lm.arpa: there is no \\\\data\\\\: this is no ARPA file"),
        (("ngram 2=2", "ngram 3=2"), "line 3: expected 'ngram 2=…'"),
        (("ngram 2=2", "ngram 2=2000"), "2,004 n-grams are announced, more than the file has bytes"),
        (("ngram 1=4", "ngram 1=5"), "line 10: expected one of 5 lines of a logarithm, 1 words"),
        (("ngram 2=2", "ngram 2=3"), "line 14: expected one of 3 lines of a logarithm, 2 words"),
        (("ngram 1=4", "ngram 1=3"), "line 9: expected '\\\\2-grams:'"),
        (("-1\ta", "one\ta"), "line 8: a logarithm is no number"),
        (("-1\ta", "1\ta"), "line 8: the logarithm of a probability is above zero"),
        (("-1\ta", "nan\ta"), "line 8: the logarithm of a probability is above zero"),
        (("-1\ta", "-1\tb"), "line 9: this word stands there twice"),
        (("<s> a", "<s> q"), "line 12: 'q' is not among the 1-grams"),
        (("<s> a", "a </s>"), "line 13: this 2-gram stands there twice"),
        (("<s> a", "a <s>"), "line 12: <s> stands within this 2-gram"),
        (("\\2-grams", "\\3-grams"), "line 11: expected '\\\\2-grams:'"),
    ],
)
def test_files_that_are_none(written, change, said):
    with pytest.raises(BadInput) as error:
        read_arpa(written(BY_HAND.replace(*change)))
    assert said.replace("\\\\", "\\") in str(error.value)


def test_more_files_that_are_none(written):
    with pytest.raises(BadInput, match="line 6: not UTF-8"):
        read_arpa(written("\\data\\\nngram 1=2\n\n\\1-grams:\n-1 <s>\n-1 caf\xe9\n".encode("latin1")))
    with pytest.raises(BadInput, match="there are no words"):
        read_arpa(written("\\data\\\nngram 1=1\n\n\\1-grams:\n-1 <s>\n"))
    with pytest.raises(BadInput, match="this is no ARPA file"):
        read_arpa(written(""))
    with pytest.raises(BadInput, match="order=0"):
        read_arpa(written("\\data\\\n\n\\1-grams:\n"))
    with pytest.raises(BadInput, match="line 11: the context of this 3-gram is no 2-gram"):
        read_arpa(
            written(
                "\\data\\\nngram 1=2\nngram 2=1\nngram 3=1\n"
                "\\1-grams:\n-1 a\n-1 b\n\\2-grams:\n-1 a b\n\\3-grams:\n-1 b a b\n"
            )
        )
