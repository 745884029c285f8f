"""Files of texts with classes, in every format, and the rows that are broken."""

import gzip

import pytest

from embedlab.data.labelled_text import read_labelled
from embedlab.errors import BadInput

GOOD = {
    "reviews.txt": "good a fine film\nbad  so dull\n\n",
    "reviews.csv": 'id,label,text\n1,good,a fine film\n2,bad,"so dull"\n',
    "reviews.tsv": "text\tlabel\na fine film\tgood\nso dull\tbad\n",
    "reviews.jsonl": '{"text": "a fine film", "label": "good"}\n\n{"label": "bad", "text": "so dull", "n": 1}\n',
}


@pytest.mark.parametrize("name", GOOD)
def test_every_format_says_the_same(name, tmp_path):
    (tmp_path / name).write_text(GOOD[name])
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(GOOD[name].encode()))
    for path in (tmp_path / name, tmp_path / f"{name}.gz"):
        assert read_labelled(path) == [("a fine film", "good"), ("so dull", "bad")]


def test_columns_and_keys_of_other_names_and_numbers_as_classes(tmp_path):
    (tmp_path / "a.csv").write_text('review,stars\n"yes, ""we"" can\nand do",5\n')
    (tmp_path / "b.jsonl").write_text('{"review": "no", "stars": 1}\n')
    paths = [tmp_path / "a.csv", tmp_path / "b.jsonl"]
    assert read_labelled(paths, text="review", label="stars") == [('yes, "we" can\nand do', "5"), ("no", "1")]


def test_another_encoding(tmp_path):
    (tmp_path / "a").write_bytes("0 café\n".encode("latin-1"))
    assert read_labelled(tmp_path / "a", encoding="latin-1") == [("café", "0")]


def test_trees_give_sentences_or_each_phrase_once(tmp_path):
    (tmp_path / "trees").write_text("(3 (2 It) (4 works))\n(1 (0 It) (2 fails))\n")
    assert read_labelled(tmp_path / "trees", "trees") == [("It works", "3"), ("It fails", "1")]
    assert read_labelled(tmp_path / "trees", "trees", phrases=True) == [
        ("It works", "3"), ("It", "2"), ("works", "4"), ("It fails", "1"), ("fails", "2"),
    ]  # fmt: skip


def test_rows_without_text_may_be_left_out(tmp_path):
    (tmp_path / "a").write_text("0 dull\n1 \n1 fine\n")
    assert read_labelled(tmp_path / "a", skip_empty=True) == [("dull", "0"), ("fine", "1")]


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("a", b"", {}, "a: no texts in it"),
        ("a", b"good\n", {}, "a, line 1: no text"),
        ("a", b"good fine\nbad caf\xe9\n", {}, "a, line 2: not utf-8 text .*data.encoding names another"),
        ("a", b"good fine\n", {"encoding": "utf-9"}, "data.encoding=utf-9: no such encoding"),
        ("a", b"good fine\n", {"format": "xls"}, "data.format=xls: there are lines, csv, tsv, jsonl, trees"),
        ("a.csv", b"review,label\nfine,good\n", {}, "a.csv: data.text=text: no such column; there are review, label"),
        ("a.csv", b"text,label\nfine,good\nso, dull,bad\n", {}, "a.csv, line 3: 3 columns, and its first line names 2"),
        ("a.csv", b"text,label\nfine,\n", {}, "a.csv, line 2: a text without a class"),
        ("a.csv", b'text,label\n"fine,good\n', {}, "a.csv, line 2: unexpected end of data"),
        ("a.csv", b"", {}, "a.csv: data.text=text: no such column"),
        ("a.jsonl", b'{"text": "fine"\n', {}, "a.jsonl, line 1: no JSON: "),
        ("a.jsonl", b'["fine"]\n', {}, "a.jsonl, line 1: no JSON object"),
        ("a.jsonl", b'{"text": "fine"}\n', {}, "a.jsonl, line 1: data.label=label: no such key; there are text"),
        ("a.jsonl", b'{"text": 5, "label": 1}\n', {}, "a.jsonl, line 1: text is no text: 5"),
        ("a", b"(3 fine)\n(3 fine\n", {"format": "trees"}, r"a, line 2: no tree: \) is expected"),
    ],
)
def test_what_is_broken_is_named(name, content, options, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read_labelled(tmp_path / name, **options)
