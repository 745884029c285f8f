import datasets
import pytest

from embedlab.data.hub_text import HubText
from embedlab.errors import BadInput

ROWS = {"text": ["one two", "three", None, "a\0b"], "label": [0, 1, 0, 1]}


def text(source):
    return b"".join(piece for piece, _ in source.chunks()).decode()


def test_rows_are_lines_of_a_set_and_of_a_stream():
    rows = datasets.Dataset.from_dict(ROWS)
    for dataset in (rows, rows.to_iterable_dataset(), rows.to_iterable_dataset().select_columns("text")):
        assert text(HubText(dataset)) == "one two\nthree\na b\n"
    assert HubText(rows).size == 4
    assert HubText(rows.to_iterable_dataset()).size is None


def test_all_rows_are_read_and_counted():
    rows = datasets.Dataset.from_dict({"text": [f"row {k}" for k in range(2500)]})
    pieces = list(HubText(rows).chunks())
    assert [count for _, count in pieces] == [1000, 2000, 2500]
    assert b"".join(piece for piece, _ in pieces).decode().split("\n")[2499] == "row 2499"


def test_the_identity_follows_text_and_column():
    rows = datasets.Dataset.from_dict({"a": ["x"], "b": ["y"]})
    first = HubText(rows, "a").identity()
    assert first == HubText(rows, "a").identity()
    assert first != HubText(rows, "b").identity()
    assert first != HubText(rows.map(lambda row: {"a": row["a"] + "!"}), "a").identity()
    assert HubText(rows.to_iterable_dataset(), "a").identity() is None
    assert HubText(rows.to_iterable_dataset(), "a", ["wikitext", "1.0"]).identity() is not None


def test_the_column_is_found_or_asked_for():
    assert HubText(datasets.Dataset.from_dict({"body": ["x"], "n": [1]})).column == "body"
    two = datasets.Dataset.from_dict({"a": ["x"], "b": ["y"]})
    with pytest.raises(BadInput, match="which column holds the text"):
        HubText(two)
    with pytest.raises(BadInput, match="no column 'c' among a, b"):
        HubText(two, "c")
    with pytest.raises(BadInput, match="column 'n' holds no text"):
        text(HubText(datasets.Dataset.from_dict({"n": [1]}), "n"))
    with pytest.raises(BadInput, match="choose one of its splits: train"):
        HubText(datasets.DatasetDict({"train": two}))


def test_a_set_by_name(tmp_path):
    """Of a local folder, the same way as one of the hub."""
    (tmp_path / "train.txt").write_text("one two\nthree\n")
    assert text(HubText.load(str(tmp_path))) == "one two\nthree\n"
    streamed = HubText.load(str(tmp_path), stream=True)
    assert text(streamed) == "one two\nthree\n"
    assert streamed.identity() == HubText.load(str(tmp_path), stream=True).identity()
    with pytest.raises(BadInput, match="cannot be loaded from the datasets hub"):
        HubText.load(str(tmp_path / "nothing"))
