import numpy as np

from embedlab.data.npy import NpyAppender


def test_what_is_appended_is_what_numpy_reads(tmp_path):
    parts = [np.arange(5), np.arange(0), np.arange(100_000)]
    with NpyAppender(tmp_path / "x.npy", np.int32) as file:
        for part in parts:
            file.append(part)
    read = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert read.dtype == np.int32
    assert np.array_equal(read, np.concatenate(parts))


def test_nothing(tmp_path):
    with NpyAppender(tmp_path / "x.npy", np.int64):
        pass
    assert np.load(tmp_path / "x.npy").shape == (0,)
