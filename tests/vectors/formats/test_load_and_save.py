import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.vectors import FORMATS, load, save
from embedlab.vectors.formats import format_of


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_known_by_its_name_or_its_beginning(name, vectors, tmp_path):
    for file in (f"v{FORMATS[name].suffix}", "v" if name not in ("npz", "safetensors") else f"w{FORMATS[name].suffix}"):
        save(vectors, tmp_path / file, name)
        assert format_of(tmp_path / file) == name
        np.testing.assert_array_equal(load(tmp_path / file).vectors, vectors.vectors)


def test_the_ending_says_the_format(vectors, with_subwords, tmp_path):
    for kept, file, name in (
        (vectors, "v.vec", "word2vec"), (vectors, "v.txt", "word2vec"), (vectors, "v.bin", "word2vec-bin"),
        (with_subwords, "v.bin", "fasttext"), (vectors, "v.npz", "npz"), (vectors, "v.safetensors", "safetensors"),
    ):  # fmt: skip
        save(kept, tmp_path / file)
        assert format_of(tmp_path / file) == name


def test_unknown_names(vectors, tmp_path):
    with pytest.raises(BadInput, match=r"v\.xyz: its ending says no format; there are word2vec, "):
        save(vectors, tmp_path / "v.xyz")
    with pytest.raises(BadInput, match="pickle: no such format"):
        save(vectors, tmp_path / "v.txt", "pickle")
    with pytest.raises(BadInput, match=r"v\.txt: No such file or directory"):
        load(tmp_path / "v.txt")
