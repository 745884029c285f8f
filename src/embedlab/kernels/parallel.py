"""Blocks of work for several threads."""

import threading
from collections.abc import Callable, Sequence

import numpy as np


def run_blocks(
    train: Callable[[int, int, int], tuple[int, float]], bounds: Sequence[int] | np.ndarray, threads: int
) -> tuple[int, float]:
    """Calls ``train(block, bounds[block], bounds[block + 1])`` for each block, on threads, and adds up what they give.

    Each thread takes the next block when it is done with one, so that none waits for a slower core but at the very end.
    A compiled kernel runs without the interpreter's lock. The threads update the same tables without locks (Hogwild,
    Recht et al. 2011): now and then one overwrites another's change to a row. As few rows are in use at any moment this
    does no harm, but two runs differ in their last digits, and with more threads in more. With one thread the result
    is always the same.

    Args:
        train: of the number of the block, its begin and end, to two numbers.
        bounds: ascending, one more than there are blocks.
        threads: at least 1, of which the caller's is one.

    Returns:
        The sums of the two numbers.

    Raises:
        BaseException: the first that was raised in a thread; blocks that were not begun by then are left.
    """
    blocks, turn = iter(range(len(bounds) - 1)), threading.Lock()
    results: list[tuple[int, float]] = []
    errors: list[BaseException] = []

    def work() -> None:
        while not errors:
            with turn:
                block = next(blocks, None)
            if block is None:
                return
            try:
                results.append(train(block, int(bounds[block]), int(bounds[block + 1])))
            except BaseException as error:
                errors.append(error)

    others = [threading.Thread(target=work) for _ in range(min(threads, len(bounds) - 1) - 1)]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    return sum(count for count, _ in results), sum(loss for _, loss in results)
