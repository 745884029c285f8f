import errno
import gzip
import lzma
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import datasets
import numpy as np
import pytest

from embedlab.data import preparation
from embedlab.data.hub_text import HubText
from embedlab.data.preparation import Preparation
from embedlab.errors import BadInput
from embedlab.text import Whitespace, Words

TEXT = "The cat sat.\n\nthe Cat saw the mat\na dog\nthe dog ran"


@pytest.fixture
def prepared(tmp_path):
    def prepare(text=TEXT, source=None, **options):
        if source is None:
            source = tmp_path / "text.txt"
            source.write_text(text)
        return Preparation(**{"min_count": 1, **options})(source, cache=tmp_path / "cache")

    return prepare


def sentences(corpus):
    # What always holds: counts are those of the ids, no sentence is empty.
    assert np.bincount(corpus.ids, minlength=len(corpus.vocabulary)).tolist() == corpus.vocabulary.counts.tolist()
    assert (np.diff(corpus.offsets) > 0).all()
    assert corpus.offsets[0] == 0
    assert corpus.offsets[-1] == len(corpus.ids)
    return [" ".join(corpus.vocabulary.decode(sentence)) for sentence in corpus]


def test_lines_of_words(prepared):
    corpus = prepared()
    assert sentences(corpus) == ["the cat sat", "the cat saw the mat", "a dog", "the dog ran"]
    assert corpus.vocabulary.words[:3] == ["the", "cat", "dog"]
    assert corpus.ids.dtype == np.int32
    assert corpus.offsets.dtype == np.int64
    assert corpus.fingerprint["tokens_read"] == 13


def test_rare_words_leave_no_gap_and_a_sentence_of_none_is_none(prepared):
    assert sentences(prepared(min_count=2)) == ["the cat", "the cat the", "dog", "the dog"]
    assert sentences(prepared(max_size=2)) == ["the cat", "the cat the", "the"]


def test_running_text_in_pieces(prepared):
    assert sentences(prepared(lines=False)) == ["the cat sat the cat saw the mat a dog the dog ran"]
    corpus = prepared(lines=False, min_count=2, max_sentence=3)
    assert sentences(corpus) == ["the cat the", "cat the dog", "the dog"]


def test_for_language_models(prepared):
    corpus = prepared(tokenizer=Whitespace(), min_count=2, unknown=True, eos=True)
    assert sentences(corpus) == [
        "<unk> <unk> <unk> <eos>", "the <unk> <unk> the <unk> <eos>", "<unk> dog <eos>", "the dog <unk> <eos>",
    ]  # fmt: skip
    assert corpus.vocabulary.words == ["<unk>", "<eos>", "the", "dog"]
    assert sentences(prepared(min_count=3, eos=True)) == ["the <eos>", "the the <eos>", "the <eos>"]


def test_a_text_numbered_by_the_vocabulary_of_another(prepared, tmp_path):
    train = prepared(unknown=True, eos=True, min_count=2)
    (tmp_path / "other.txt").write_text("the new cat\n\nnew\n")
    options = {"min_count": 1, "unknown": True, "eos": True}
    other = Preparation(**options)(tmp_path / "other.txt", tmp_path, vocabulary=train.vocabulary)
    assert other.vocabulary.words == train.vocabulary.words
    assert other.vocabulary.counts.tolist() == train.vocabulary.counts.tolist()
    assert [other.vocabulary.decode(line) for line in other] == [["the", "<unk>", "cat", "<eos>"], ["<unk>", "<eos>"]]
    assert Preparation(**options)(tmp_path / "other.txt", tmp_path).directory != other.directory
    (tmp_path / "other.txt").write_text("new")
    with pytest.raises(BadInput, match="no words in the corpus that the vocabulary knows"):
        Preparation(min_count=1)(tmp_path / "other.txt", tmp_path, vocabulary=prepared().vocabulary)


def test_phrases(prepared):
    text = "a los angeles b\nb los angeles c\nc los angeles a\nlos angeles county a\nlos_angeles county b\n"
    options = {"tokenizer": Whitespace(), "phrase_delta": 1}
    whole = ["a los_angeles b", "b los_angeles c", "c los_angeles a"]
    once = prepared(text, phrases=[3.0], **options)
    assert sentences(once) == [*whole, "los_angeles county a", "los_angeles county b"]
    assert once.vocabulary.words[0] == "los_angeles"
    twice = prepared(text, phrases=[3.0, 1.0], **options)
    assert sentences(twice) == [*whole, "los_angeles_county a", "los_angeles_county b"]


def test_several_sources_of_all_kinds(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"one two"))
    (tmp_path / "b.txt.xz").write_bytes(lzma.compress(b"three\n"))
    rows = datasets.Dataset.from_dict({"text": ["four", "one five"]})
    stream = HubText(rows.to_iterable_dataset())
    for hub in (HubText(rows), stream):
        corpus = Preparation(min_count=1)([f"{tmp_path}/*.txt.*", hub], cache=tmp_path)
        assert sentences(corpus) == ["one two", "three", "four", "one five"]
    assert (
        Preparation(min_count=1)([stream], tmp_path).directory != Preparation(min_count=1)([stream], tmp_path).directory
    )


def test_it_is_made_once_until_something_changes(tmp_path, prepared):
    first = prepared()
    made = (first.directory / "ids.npy").stat().st_mtime_ns
    path, cache = tmp_path / "text.txt", tmp_path / "cache"
    again = Preparation(min_count=1)(path, cache)
    assert again.directory == first.directory
    assert (again.directory / "ids.npy").stat().st_mtime_ns == made
    others = [Preparation(min_count=2)(path, cache), Preparation(Words(lower=False), 1)(path, cache), prepared(TEXT)]
    assert len({first.directory, *(other.directory for other in others)}) == 4
    assert {path.suffix for path in first.directory.parent.iterdir()} == {"", ".lock"}
    assert sorted(path.name for path in first.directory.iterdir()) == [
        "fingerprint.json", "ids.npy", "offsets.npy", "vocabulary.txt",
    ]  # fmt: skip


def test_what_was_broken_off_is_made_anew(tmp_path, prepared, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(preparation.Vocabulary, "save", full)
        with pytest.raises(BadInput, match="No space left on device: set EMBEDLAB_CACHE"):
            prepared()
    assert {path.suffix for path in (tmp_path / "cache" / "corpora").iterdir()} == {".lock"}
    whole = prepared()
    expected, directory = sentences(whole), whole.directory
    (directory / "fingerprint.json").rename(directory / "tokens")  # as if killed in the middle
    directory.rename(directory.with_suffix(".partial"))
    again = Preparation(min_count=1)(tmp_path / "text.txt", tmp_path / "cache")
    assert again.directory == directory
    assert sentences(again) == expected
    assert not (directory / "tokens").exists()


def test_several_processes_make_it_once(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text(TEXT)
    made = []
    real = preparation.write_tokens
    monkeypatch.setattr(preparation, "write_tokens", lambda *a: (made.append(1), real(*a))[1])
    with ThreadPoolExecutor(4) as pool:  # each opens the lock for itself, as a process does
        corpora = list(pool.map(lambda _: Preparation(min_count=1)(tmp_path / "text.txt", tmp_path), range(4)))
    assert made == [1]
    assert len({corpus.directory for corpus in corpora}) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"text\.txt: an empty file"),
        (b" \n\n ", "no words in the corpus"),
        (b"word word word", "one word only, 'word'"),
        (b"one two two", "no word occurs min_count=5 times .*'two', occurs 2 times"),
        (b"\x89PNG\r\n\0\1\2" * 9, r"text\.txt: a binary file"),
        ("déjà vu".encode("latin1"), r"text\.txt: not UTF-8 text \(at the bytes e9.*iconv"),
        (b"a" * 70_000 + b" b", r"text\.txt: a word of more than 65536 bytes"),
    ],
)
@pytest.mark.parametrize("tokenizer", [Whitespace(), Words()])
def test_bad_input(tmp_path, content, message, tokenizer):
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(BadInput, match=message) as error:
        Preparation(tokenizer, min_count=5)(tmp_path / "text.txt", tmp_path)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("corpora/*.partial"))


@pytest.mark.parametrize("sources", [[], "missing.txt"])
def test_no_text(sources):
    with pytest.raises(BadInput):
        Preparation()(sources)


@pytest.mark.parametrize(("name", "tokenizer"), [
    ("enwiki_100m/enwiki_100m.txt.xz", Words(joiners="'")), ("ruslit_prose/ruslit_prose.txt.xz", Words(fold_yo=True)),
])  # fmt: skip
def test_real_text_against_plain_python(data_root, tmp_path, name, tokenizer):
    """2 MB in two files, through blocks whose ends fall anywhere."""
    with lzma.open(data_root / name) as file:
        text = file.read(2_000_000).decode(errors="ignore")
    half = text.index("\n", 900_000)
    (tmp_path / "a.txt").write_text(text[:half])
    (tmp_path / "b.txt").write_text(text[half:])
    corpus = Preparation(tokenizer, min_count=3)(f"{tmp_path}/*.txt", tmp_path)
    lines = [tokenizer(line) for line in text.split("\n")]
    counts = Counter(word for line in lines for word in line)
    kept = [[word for word in line if counts[word] >= 3] for line in lines]
    assert sentences(corpus) == [" ".join(line) for line in kept if line]
    assert dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True)) == {
        word: count for word, count in counts.items() if count >= 3
    }
