import bz2
import gzip
import lzma
import os

import pytest

from embedlab.data.text_sources import LONGEST, TextFile, text_files, whole_words
from embedlab.errors import BadInput
from embedlab.kernels.vocabulary import PADDING

TEXT = "один two\nthree\n".encode() * 1000


def names(files):
    return [file.path.name for file in files]


def read(path):
    pieces = list(TextFile(path).chunks())
    return b"".join(piece for piece, _ in pieces), pieces[-1][1]


PACKERS = [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)]


@pytest.mark.parametrize(("suffix", "pack"), PACKERS)
def test_plain_and_compressed_files(tmp_path, suffix, pack):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(pack(b"\xef\xbb\xbf" + TEXT))
    assert read(path) == (TEXT, path.stat().st_size)
    if suffix:
        path.write_bytes(pack(os.urandom(20000).hex().encode())[:-5000])
        with pytest.raises(BadInput, match=f"a broken {suffix[1:]} file"):
            read(path)
        path.write_bytes(TEXT)
        with pytest.raises(BadInput, match=f"a broken {suffix[1:]} file"):
            read(path)


@pytest.mark.parametrize("binary", [b"\x7fELF\0\1", "text".encode("utf-16")])
def test_binary_files(tmp_path, binary):
    (tmp_path / "a.bin").write_bytes(TEXT + binary)
    with pytest.raises(BadInput, match=r"a\.bin: a binary file \(or UTF-16\)"):
        read(tmp_path / "a.bin")


def test_names_patterns_and_folders(tmp_path):
    for name in ("b.txt", "a.txt", "deep/c.txt", "deep/.hidden", ".git/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(text_files(tmp_path / "b.txt")) == ["b.txt"]
    assert names(text_files(f"{tmp_path}/*.txt")) == ["a.txt", "b.txt"]
    assert names(text_files(f"{tmp_path}/**/*.txt")) == ["a.txt", "b.txt", "c.txt"]
    assert names(text_files(tmp_path)) == ["a.txt", "b.txt", "c.txt"]
    assert names(text_files([tmp_path / "b.txt", tmp_path / "a.txt"])) == ["b.txt", "a.txt"]
    for missing in (tmp_path / "no.txt", f"{tmp_path}/*.gz"):
        with pytest.raises(BadInput, match="no such text file"):
            text_files(missing)


def test_a_changed_file_has_another_identity(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 300_000)
    before, time = TextFile(path).identity(), path.stat().st_mtime_ns
    assert TextFile(path).identity() == before
    for changed in (b"b" + b"a" * 299_999, b"a" * 299_999 + b"b", b"a" * 299_999):
        path.write_bytes(changed)
        os.utime(path, ns=(time, time))
        assert TextFile(path).identity() != before
    path.write_bytes(b"a" * 300_000)
    os.utime(path, ns=(time, time + 1))
    assert TextFile(path).identity() != before


class Pieces:
    """A source of pieces at hand; how far they reach is their number."""

    name, size = "here", None

    def __init__(self, pieces):
        self.pieces = pieces

    def chunks(self):
        yield from ((piece, number) for number, piece in enumerate(self.pieces, 1))


def blocks_of(pieces):
    return [block for block, _ in whole_words(Pieces(pieces))]


def test_no_word_is_cut():
    text = " ".join("длинное" * (k % 7) + "x" for k in range(500)).encode() + b"\nlast"
    for size in (1, 2, 7, 100, 100_000):
        blocks = blocks_of(text[k : k + size] for k in range(0, len(text), size))
        assert all((block[-PADDING:] == 32).all() for block in blocks)
        assert b"".join(block[:-PADDING].tobytes() for block in blocks) == text
        assert all(len(block) == PADDING or block[-PADDING - 1] <= 32 for block in blocks[:-1])
        for block in blocks:
            block[:-PADDING].tobytes().decode()


def test_white_space_far_from_the_end_of_a_piece():
    blocks = list(whole_words(Pieces([b"a b" + b"c" * 5000, b"", b"d e"])))
    assert [block[:-PADDING].tobytes() for block, _ in blocks] == [b"a ", b"b" + b"c" * 5000 + b"d ", b"e"]
    assert [reached for _, reached in blocks] == [1, 3, 3]


def test_text_without_white_space():
    piece = b"x" * (1 << 20)
    with pytest.raises(BadInput, match="here: 16 MB without white space"):
        blocks_of(piece for _ in range(LONGEST // len(piece) + 1))
    assert [len(block) for block in blocks_of([piece])] == [len(piece) + PADDING]
