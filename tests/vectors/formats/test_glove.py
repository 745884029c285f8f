import gzip

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.vectors import load, save


def test_gensim_reads_ours(vectors, tmp_path):
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    save(vectors, tmp_path / "v.txt", "glove")
    read = keyed_vectors.load_word2vec_format(str(tmp_path / "v.txt"), no_header=True)
    assert read.index_to_key == vectors.index_to_key
    np.testing.assert_array_equal(read.vectors, vectors.vectors)


def test_round_trip_plain_and_packed(vectors, tmp_path):
    save(vectors, tmp_path / "v.txt", "glove")
    (tmp_path / "v.txt.gz").write_bytes(gzip.compress((tmp_path / "v.txt").read_bytes()))
    for name in ("v.txt", "v.txt.gz"):
        read = load(tmp_path / name)
        assert read.index_to_key == vectors.index_to_key
        np.testing.assert_array_equal(read.vectors, vectors.vectors)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("word\n", "line 1: a word and its numbers are expected"),
        ("a 1 2\nb 3\n", "line 2: 1 numbers after the word where 2 are expected"),
        ("a 1 2\nb 3 4 5\n", "line 2: 3 numbers after the word where 2 are expected"),
        ("a 1 2\n. . 3 4\n", "line 2: more than one word"),
        ("hello world\n", "line 1: 'world' is not a number"),
    ],
)
def test_bad_lines(text, complaint, tmp_path):
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(BadInput, match=f"v.txt, {complaint}"):
        load(tmp_path / "v.txt")


def test_a_packed_file_cut_short(vectors, tmp_path):
    save(vectors, tmp_path / "v.txt", "glove")
    (tmp_path / "v.txt.gz").write_bytes(gzip.compress((tmp_path / "v.txt").read_bytes())[:-20])
    with pytest.raises(BadInput, match=r"v\.txt\.gz: cut short"):
        load(tmp_path / "v.txt.gz")
