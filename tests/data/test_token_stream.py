import numpy as np

from embedlab.data.text_progress import ReadingProgress
from embedlab.data.text_sources import TextFile
from embedlab.data.token_stream import merged, read_ids, renumbered, summed, write_tokens
from embedlab.text import Words


def test_texts_become_a_stream(tmp_path):
    (tmp_path / "a.txt").write_text("The cat, the\nmat")
    (tmp_path / "b.txt").write_text("cat\n")
    texts = [TextFile(tmp_path / name) for name in ("a.txt", "b.txt")]
    with ReadingProgress(True) as bars:
        tokens, counts = write_tokens(texts, Words(), True, tmp_path / "stream", bars)
    assert tokens == ["The", "cat", "the", "mat"]
    assert counts.tolist() == [1, 2, 1, 1]
    assert np.concatenate(list(read_ids(tmp_path / "stream"))).tolist() == [0, 1, 2, -1, 3, -1, 1, -1, -1]

    words, numbers = merged(word.lower() if word != "mat" else "" for word in tokens)
    assert words == ["the", "cat"]
    assert summed(counts, numbers, 2).tolist() == [2, 2]
    assert np.concatenate(list(renumbered(tmp_path / "stream", numbers))).tolist() == [0, 1, 0, -1, -1, 1, -1, -1]
