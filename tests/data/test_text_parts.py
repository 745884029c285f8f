import gzip

import pytest

from embedlab.data.text_parts import parts_by_name, split_off
from embedlab.data.text_sources import TextFile
from embedlab.errors import BadInput


@pytest.fixture
def texts(tmp_path):
    """``texts(*contents)``: files, every other compressed."""

    def made(*contents):
        paths = [tmp_path / f"{k}.txt{'.gz' * (k % 2)}" for k in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return [TextFile(path) for path in paths]

    return made


def read(part):
    return b"|".join(b"".join(chunk for chunk, _ in text.chunks()) for text in part)


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        (["ptb.train.txt.gz", "ptb.valid.txt", "ptb.test.txt"], True),
        (["train.txt", "val.txt", "test.txt", "README.md"], True),
        (["en-train", "en-dev", "en-test"], True),
        (["train.txt", "test.txt"], False),
        (["train.txt", "valid.txt", "dev.txt", "test.txt"], False),
        (["training.txt", "valid.txt", "test.txt"], False),
    ],
)
def test_a_folder_may_say_which_parts_it_has(tmp_path, files, parts):
    for name in files:
        (tmp_path / name).touch()
    expected = {part: str(tmp_path / name) for part, name in zip(("train", "val", "test"), files, strict=False)}
    assert parts_by_name(str(tmp_path)) == (expected if parts else {})
    assert parts_by_name(str(tmp_path / files[0])) == parts_by_name([str(tmp_path)]) == {}


@pytest.mark.parametrize(
    ("contents", "fractions", "parts"),
    [
        ([b"aa\nbb\ncc\ndd\nee\n"], [0.2, 0.2], [b"aa\nbb\ncc\n", b"dd\n", b"ee\n"]),
        ([b"aa\nbb\ncc\ndd\nee\n"], [0.3, 0.2], [b"aa\nbb\ncc\n", b"dd\n", b"ee\n"]),  # places inside lines
        ([b"aa\nbb\ncc\ndd\nee\n"], [0.5], [b"aa\nbb\ncc\n", b"dd\nee\n"]),
        ([b"aa\nbb", b"cc\ndd\nee"], [0.5], [b"aa\nbb|cc\n", b"dd\nee"]),
        ([b"a b c d e f g h"], [0.25, 0.25], [b"a b c d ", b"e f ", b"g h"]),  # one line
        ([b"a\nb\nc\nd\n"], [], [b"a\nb\nc\nd\n"]),
    ],
)
def test_cuts_are_at_ends_of_lines(texts, contents, fractions, parts):
    found = split_off(texts(*contents), fractions)
    assert [read(part) for part in found] == parts
    identities = [text.identity() for part in found for text in part]
    assert len({str(one) for one in identities}) == len(identities)


def test_many_chunks(texts):
    content = b"".join(b"line %d\n" % k for k in range(300_000))  # 3.9 MB: four chunks
    (text,) = texts(content)
    train, val, test = (read(part) for part in split_off([text], [0.05, 0.05]))
    assert train + val + test == content
    assert 0 <= len(train) - 0.9 * len(content) < 20
    assert all(part.endswith(b"\n") for part in (train, val, test))
    part = split_off([text], [0.5])[1][0]
    assert [reached for _, reached in part.chunks()][-1] == part.size


@pytest.mark.parametrize(("content", "fractions", "said"), [
    (b"a\n", [0.1, 0.1], "0.txt: too few lines to split off 0.1, 0.1"),
    (b"a\nb\n", [0.5, 0.5], "all together are below 1"),
    (b"a\nb\n", [0.5, 0], "each part is above 0"),
])  # fmt: skip
def test_what_cannot_be_split(texts, content, fractions, said):
    with pytest.raises(BadInput, match=said):
        split_off(texts(content), fractions)
