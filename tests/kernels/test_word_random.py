import numpy as np
import pytest

from embedlab.kernels.reference import Stream
from embedlab.kernels.word_random import alias_table, keep_thresholds, negative_word, sample_windows, stream


def test_streams_of_neighbouring_blocks_and_seeds_have_nothing_in_common():
    starts = [stream(seed, block) for seed in range(100) for block in range(100)]
    assert len(set(starts)) == len(starts)
    bits = np.array(starts, np.uint64)[:, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
    assert np.abs(bits.mean(0) - 0.5).max() < 0.025  # five standard deviations


def test_subsampling_by_the_formula():
    """Of 1000 words one makes up 90 %: √(0.01 / 0.9) + 0.01 / 0.9 = 0.1165; a word of 1 % is kept."""
    thresholds = keep_thresholds(np.array([900, 90, 10]), 0.01)
    np.testing.assert_allclose(thresholds / 2**32, [0.116520, np.sqrt(1 / 9) + 1 / 9, 1], rtol=1e-5)
    assert keep_thresholds(np.array([5, 1]), 0).tolist() == [2**32 - 1] * 2


@pytest.mark.parametrize("power", [1.0, 0.75, 0.0])
@pytest.mark.parametrize("size", [2, 3, 100, 20_000])
def test_an_alias_table_has_the_wanted_probabilities(size, power):
    counts = np.maximum(10**6 // np.arange(1, size + 1), 1)
    cells = alias_table(counts, power)
    share = np.zeros(size)
    np.add.at(share, np.arange(size), cells[:, 0] / 2**16)
    np.add.at(share, cells[:, 1], 1 - cells[:, 0] / 2**16)
    wanted = counts.astype(np.float64) ** power
    np.testing.assert_allclose(share / size, wanted / wanted.sum(), atol=size**0.5 * 2**-16 / size)


def test_words_that_do_not_occur_are_not_drawn():
    noise = alias_table(np.array([3, 0, 1]))
    assert set(Stream(np.uint64(1)).negatives(noise, -1, 1000)) == {0, 2}
    with pytest.raises(ValueError, match="at least two words"):
        alias_table(np.array([3, 0]))


def test_negative_words_come_as_often_as_they_should_and_never_as_the_positive_word():
    noise, state, drawn = alias_table(np.array([8, 4, 2, 1]), 1.0), stream(1, 0), []
    for _ in range(20_000):
        word, state = negative_word(noise, 1, np.uint64(state))
        drawn.append(word)
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 20_000, [8 / 11, 0, 2 / 11, 1 / 11], atol=0.015)
    assert Stream(stream(1, 0)).negatives(noise, 1, 20_000) == drawn


def test_windows():
    """As the plain loops have them; radii evenly from 1 to 5; none goes beyond its sentence."""
    draw = np.random.default_rng(0)
    ids, offsets = draw.integers(0, 50, 6000).astype(np.int32), np.array([0, 7, 7, 8, 3000, 6000])
    keep = draw.integers(2**31, 2**32, 50).astype(np.uint32)
    words, windows, state = sample_windows(ids, offsets, 0, 5, keep, 5, np.uint64(3))
    plain = Stream(np.uint64(3))
    expected = list(plain.windows(ids, offsets, 0, 5, keep, 5))
    assert words.tolist() == [word for word, _, _ in expected]
    assert int(state) == plain.state
    for place, (_, around, part) in enumerate(expected):
        low, high = windows[place]
        assert np.delete(words[low:high], place - low).tolist() == around
        assert part == pytest.approx(place / len(words))
    inside = windows[200:-200]
    inside = inside[(inside[:, 1] - inside[:, 0]) % 2 == 1]
    assert np.bincount((inside[:, 1] - inside[:, 0] - 1) // 2, minlength=6)[1:] / len(inside) == pytest.approx(
        [0.2] * 5, abs=0.04
    )
