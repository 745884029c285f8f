from rich.progress import Task, TaskID

from embedlab.data.text_progress import _WordsPerSecond


def test_words_a_second():
    clock = iter([10.0, 14.0, 14.0])
    task = Task(TaskID(0), "reading", 100, 50, _get_time=lambda: next(clock), fields={"words": 20_000_000})
    task.start_time = 10.0
    next(clock)
    assert _WordsPerSecond().render(task).plain == "5.00 M words/s"
