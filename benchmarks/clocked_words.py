"""The task of word vectors, looking at the clock: how long training took, and how much of that its kernel."""

import time
from functools import wraps
from typing import Any, ClassVar

from embedlab.tasks.word_vectors import WordVectors


class ClockedWordVectors(WordVectors):
    """Notes the seconds of each training, and those of the calls of its kernel, which one thread is to make."""

    trainings: ClassVar[list[tuple[float, float]]] = []

    def on_fit_start(self) -> None:
        super().on_fit_start()
        kernel, self._in_kernel = self._kernel, 0.0
        assert kernel is not None

        @wraps(kernel)
        def timed(*arguments: Any, **rest: Any) -> tuple[int, float]:
            began = time.perf_counter()
            found = kernel(*arguments, **rest)
            self._in_kernel += time.perf_counter() - began
            return found

        self._kernel = timed

    def on_train_start(self) -> None:
        self._began = time.perf_counter()

    def on_train_end(self) -> None:
        self.trainings.append((time.perf_counter() - self._began, self._in_kernel))
