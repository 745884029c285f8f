"""A progress bar for reading text: words a second, time left."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text


class _WordsPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = task.finished_time or task.elapsed or 0
        rate = task.fields["words"] / seconds if seconds else 0
        return Text(f"{rate / 1e6:.2f} M words/s")


class ReadingProgress:
    """Bars on a terminal's standard error; nothing is shown elsewhere, or if it is not wanted."""

    def __init__(self, wanted: bool) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), _WordsPerSecond(), TimeRemainingColumn(),
            console=console, disable=not (wanted and console.is_terminal),
        )  # fmt: skip

    def __enter__(self) -> "ReadingProgress":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, what: str, total: int | None) -> TaskID:
        """A new bar; its length in any unit, None if it is not known."""
        return self._bars.add_task(what, total=total, words=0)

    def reached(self, bar: TaskID, completed: int, words: int) -> None:
        """How far it is, and how many words have gone by."""
        self._bars.update(bar, completed=completed, words=words)
