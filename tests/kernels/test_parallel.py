import threading

import pytest

from embedlab.kernels.parallel import run_blocks


@pytest.mark.parametrize("threads", [1, 2, 5, 50])
def test_each_block_once(threads):
    seen = []

    def train(block, first, last):
        seen.append((block, first, last))
        return last - first, 0.5

    assert run_blocks(train, [0, 3, 4, 4, 10], threads) == (10, 2.0)
    assert sorted(seen) == [(0, 0, 3), (1, 3, 4), (2, 4, 4), (3, 4, 10)]
    assert run_blocks(train, [0], threads) == (0, 0)


def test_a_free_thread_takes_the_next_block():
    """Two blocks wait for each other, so are at work at once; then one thread does what the other has no time for."""
    both, rest = threading.Barrier(2, timeout=10), threading.Barrier(2, timeout=10)
    done = []

    def train(block, first, last):
        if block < 2:
            both.wait()
        if block == 1 or block == 5:
            rest.wait()  # block 1 is not done before block 5, so the other thread has done 0, 2, 3 and 4
        done.append(block)
        return 1, 0.0

    assert run_blocks(train, range(7), 2) == (6, 0.0)
    assert set(done[:4]) == {0, 2, 3, 4}


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_ends_the_work_and_is_raised(threads):
    seen = []

    def train(block, first, last):
        seen.append(block)
        if block == 3:
            raise ValueError("block 3")
        return 1, 0.0

    with pytest.raises(ValueError, match="block 3"):
        run_blocks(train, range(100_001), threads)
    assert len(seen) < 100_000
