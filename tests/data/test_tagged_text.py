"""Files of tagged sentences: what is a word in them, and which line is broken."""

import gzip
import lzma

import pytest

from embedlab.data.tagged_text import read_tagged
from embedlab.errors import BadInput


def row(number, word, upos="NOUN", xpos="NN"):
    return f"{number}\t{word}\t_\t{upos}\t{xpos}\t_\t0\troot\t_\t_\n"


CONLLU = (
    "# text = Vámonos al mar\n" + row("1-2", "Vámonos") + row(1, "Vamos", "VERB", "VB") + row(2, "nos", "PRON", "PR")
    + row("3-4", "al") + row(3, "a", "ADP", "IN") + row(4, "el", "DET", "DT") + row("4.1", "gran") + row(5, "mar")
    + "\n# a comment alone\n\n" + row(1, "#", "SYM", "#") + "\n\n"
)  # fmt: skip


def test_conllu_without_ranges_and_empty_nodes(tmp_path):
    (tmp_path / "a.conllu").write_text(CONLLU)
    first, second = read_tagged(tmp_path / "a.conllu")
    assert first.words == ("Vamos", "nos", "a", "el", "mar")
    assert first.tags == ("VERB", "PRON", "ADP", "DET", "NOUN")
    assert second == (("#",), ("SYM",))
    assert read_tagged(tmp_path / "a.conllu", column="xpos")[0].tags == ("VB", "PR", "IN", "DT", "NN")
    (tmp_path / "last.conllu").write_text(row(1, "a").rstrip("\n"))
    assert read_tagged([tmp_path / "a.conllu", tmp_path / "last.conllu"])[2].words == ("a",)


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_packed_files_are_what_their_name_without_the_ending_says(tmp_path, ending, pack):
    (tmp_path / f"a.conllu{ending}").write_bytes(pack(CONLLU.replace("\n", "\r\n").encode()))
    assert len(read_tagged(tmp_path / f"a.conllu{ending}")) == 2


def test_columns(tmp_path):
    text = "-DOCSTART- -X- O\n\nNew NNP B-place\nYork NNP I-place\n \n# NN O\n\t\nlow\tsp eed\tNN\tO\n"
    (tmp_path / "a.conll").write_text(text)
    assert read_tagged(tmp_path / "a.conll") == [
        (("New", "York"), ("B-place", "I-place")), (("#",), ("O",)), (("low",), ("O",)),
    ]  # fmt: skip
    assert read_tagged(tmp_path / "a.conll", column=2)[0].tags == ("NNP", "NNP")
    assert read_tagged(tmp_path / "a.conll", "conll", "3")[0].tags == ("B-place", "I-place")


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("a.conllu", CONLLU + "1\tword\n", {}, r"a\.conllu, line 16: 2 columns parted by tabs, and CoNLL-U has 10: '1"),
        ("a.conllu", row(1, "a") + row(3, "b"), {}, r"a\.conllu, line 2: word 2 of a sentence is expected, not '3'"),
        ("a.conllu", row("one", "a"), {}, r"a\.conllu, line 1: word 1 of a sentence is expected, not 'one'"),
        ("a.conllu", row(1, ""), {}, r"a\.conllu, line 1: an empty column"),
        ("a.conllu", "# nothing\n\n", {}, r"a\.conllu: no sentences in it"),
        ("a.conllu", CONLLU, {"column": "upso"}, r"data\.column=upso: no column of CoNLL-U; there are id, form,"),
        ("a.conll", "a\tO\nb\n", {}, r"a\.conll, line 2: 1 column, and 2 are needed, a word and its tag: 'b'"),
        ("a.conll", "a\tO\n", {"column": 3}, r"a\.conll, line 1: 2 columns, and 3 are needed"),
        ("a.conll", "a\tO\n\tO\n", {}, r"a\.conll, line 2: a word without a tag, or a tag without a word"),
        ("a.conll", "a\tO\n", {"column": "upos"}, r"data\.column=upos: of columns a number"),
        ("a.conll", "a\tO\n", {"column": 1}, r"data\.column=1: of columns a number, 2 for the one after the words"),
        ("a.conll", "a\tO\n", {"format": "bio"}, r"data\.format=bio: there are conllu and conll"),
        ("a.conll", "a\tO\ncaf\xe9\tO\n".encode("latin1"), {}, r"a\.conll, line 2: not UTF-8 text"),
        ("a.conll", "", {}, r"a\.conll: no sentences"),
        ("a.conll", b"\x7fELF\0\0", {}, "a binary file"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(tmp_path, name, content, options, said):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=said):
        read_tagged(tmp_path / name, **options)


def test_nothing_is_there(tmp_path):
    with pytest.raises(BadInput, match="no such text file"):
        read_tagged(tmp_path / "a.conllu")


@pytest.mark.parametrize(
    ("path", "sentences", "words", "tags"),
    [
        ("ud_english_ewt/en_ewt-ud-test.conllu.gz", 2077, 25094, 17),
        ("ud_russian_taiga/ru_taiga-ud-train.conllu.gz", 3138, 43557, 17),
        ("wnut17/wnut17train.conll", 3394, 62730, 13),
        ("wnut17/emerging.test.annotated", 1287, 23394, 13),
    ],
)
def test_the_published_files_have_their_published_sizes(data_root, path, sentences, words, tags):
    found = read_tagged(data_root / path)
    assert len(found) == sentences
    assert sum(len(sentence.words) for sentence in found) == words
    assert len({tag for sentence in found for tag in sentence.tags}) == tags
