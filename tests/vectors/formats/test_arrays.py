import numpy as np
import pytest
from safetensors import SafetensorError

from embedlab.errors import BadInput
from embedlab.vectors import load, save


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_everything_comes_back(ending, vectors, with_subwords, tmp_path):
    vectors.index_to_key[0] = "any word\tat all"
    for kept in (vectors, with_subwords):
        save(kept, tmp_path / f"v.{ending}")
        read = load(tmp_path / f"v.{ending}")
        assert (read.index_to_key, read.training) == (kept.index_to_key, kept.training)
        for name in ("vectors", "counts", "outputs"):
            np.testing.assert_array_equal(getattr(read, name), getattr(kept, name))
    assert (read.subwords.minn, read.subwords.maxn) == (2, 4)
    np.testing.assert_array_equal(read.subwords.words, with_subwords.subwords.words)
    np.testing.assert_array_equal(read.subwords.ngrams, with_subwords.subwords.ngrams)
    np.testing.assert_array_equal(read["unheard"], with_subwords["unheard"])


def test_numpy_alone_reads_the_vectors(vectors, tmp_path):
    save(vectors, tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as arrays:
        np.testing.assert_array_equal(arrays["vectors"], vectors.vectors)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_damage_is_named(ending, vectors, tmp_path):
    path = tmp_path / f"v.{ending}"
    save(vectors, path)
    whole = path.read_bytes()
    for data in (whole[:40], whole[:-300], b"nonsense"):
        path.write_bytes(data)
        with pytest.raises(BadInput, match="cut short, or not word vectors") as raised:
            load(path)
        assert "\n" not in str(raised.value)
    vectors.vectors[3, 1] = np.nan
    save(vectors, path)
    with pytest.raises(BadInput, match=f"v.{ending}: the vector of 'new_york' .row 3. holds NaN"):
        load(path)


def test_safetensors_without_space_keeps_the_old_file(vectors, tmp_path, monkeypatch):
    def full(tensors, path, metadata):
        path.write_bytes(b"not all")
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    path = tmp_path / "v.safetensors"
    path.write_text("old")
    monkeypatch.setattr("embedlab.vectors.formats.arrays.save_file", full)
    with pytest.raises(BadInput, match=r"v\.safetensors: .*No space left on device.*; the old file is as it was"):
        save(vectors, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_other_arrays(tmp_path):
    np.savez(tmp_path / "v.npz", x=np.zeros(3))
    with pytest.raises(BadInput, match=r"not word vectors as embedlab keeps them \(no 'metadata'\)"):
        load(tmp_path / "v.npz")
