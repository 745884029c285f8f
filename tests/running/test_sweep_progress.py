import io
import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from rich.console import Console

from embedlab.running import sweep_progress
from embedlab.running.rundir import RunDir
from embedlab.running.sweep_progress import SweepProgress


@pytest.fixture
def clock(monkeypatch):
    """A clock that is put forward by hand."""

    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(sweep_progress, "time", clock)
    monkeypatch.setattr("embedlab.running.sweep_tables.time", clock)
    monkeypatch.setattr("embedlab.running.job_progress.time", clock)
    return clock


def config(*own: str):
    return OmegaConf.create(
        {
            "name": "run", "trainer": {"max_epochs": 4}, "callbacks": {"best": {"monitor": "val/map_at_r"}},
            "hydra": {"overrides": {"task": ["data=omniglot", *own, "+callbacks.pruning.trial=1"]}},
        }
    )  # fmt: skip


def done(run: RunDir, seconds: float, **metrics: float) -> None:
    run.started()
    run.finished(seconds)
    run.write_json("metrics.json", {f"test/{name}": {"value": value} for name, value in metrics.items()})


def history(run: RunDir, *values: float) -> None:
    run.path.mkdir(exist_ok=True)
    lines = ({"step": 10 * n, "epoch": n, "val/map_at_r": value} for n, value in enumerate(values))
    (run.path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_lines_where_there_is_no_terminal(tmp_path: Path, clock) -> None:
    console = Console(file=io.StringIO(), width=40)
    progress = SweepProgress(4, ["data=omniglot"], console=console)
    runs = [RunDir(tmp_path / str(n)) for n in range(4)]
    assert progress.every is None
    with progress.shown():
        progress.started(runs[0], config("loss=triplet", "logger=[csv]"))
        progress.started(runs[1], config("loss=arcface"))
        clock.now += 30
        history(runs[1], 0.1, 0.2)  # two of its four epochs
        done(runs[0], 30, recall_at_1=0.5)
        progress.ended(runs[0])
        progress.started(runs[2], config("loss=center"))
        runs[2].started()
        runs[2].finished(1, ValueError("no [/b] such tag"))
        progress.ended(runs[2])
    best = "best so far Recall@1 50.0 (loss=triplet logger=[csv])"
    assert console.file.getvalue().splitlines() == [
        "[1/4] 0: loss=triplet logger=[csv]",
        "[2/4] 1: loss=arcface",
        # 1.4 jobs in 30 s, 2.6 to go: of 1, two of its four epochs and the test
        f"    0 done in 30 s, Recall@1 50.0  (3 left, about 56 s; {best})",
        "[3/4] 2: loss=center",
        f"    2 failed: no [/b] such tag  (2 left, 1 failed, about 20 s; {best})",
    ]


def test_the_panel_on_a_terminal(tmp_path: Path, clock) -> None:
    console = Console(file=io.StringIO(), width=100, height=20, force_terminal=True, color_system=None)
    progress = SweepProgress(5, [], console=console)
    runs = [RunDir(tmp_path / str(n)) for n in range(5)]
    for n in range(3):
        progress.started(runs[n], config(f"seed={n}"))
    assert console.file.getvalue() == ""  # a job that begins has a line in the panel
    done(runs[0], 40, recall_at_1=0.75)
    progress.ended(runs[0])
    history(runs[1], 0.125, 0.5)
    clock.now += 120

    with console.capture() as shown:
        console.print(progress._render())
    lines = [line.rstrip() for line in shown.get().splitlines()]
    assert lines[1].endswith("  1 of 5 done, 2 running, about 5 min left")  # 1.4 jobs in 120 s, 3.6 to go
    assert lines[2] == "best so far Recall@1 75.0 (data=omniglot seed=0)"
    assert lines[3].split() == [
        "1",
        "━━━━╸",
        "epoch",
        "2/4",
        "val/map_at_r",
        "0.5",
        "2",
        "min",
        "data=omniglot",
        "seed=1",
    ]
    assert lines[4].split() == ["2", "epoch", "0/4", "2", "min", "data=omniglot", "seed=2"]
    assert len(lines) == 5
    assert "0 done in 40 s, Recall@1 75.0  (data=omniglot seed=0)" in console.file.getvalue()


def test_the_panel_is_never_wider_than_the_terminal(tmp_path: Path, clock) -> None:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    progress = SweepProgress(2, [], console=console)
    run = RunDir(tmp_path / "0")
    progress.started(run, config("loss.margin=0.123456789", "optimizer.lr=0.0001234", "model.channels=128"))
    with console.capture() as shown:
        console.print(progress._render())
    lines = shown.get().splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[-1].endswith("…")


def test_a_search_is_judged_by_its_objective(tmp_path: Path, clock) -> None:
    console = Console(file=io.StringIO(), width=100)
    progress = SweepProgress(9, [], objective=("val/map_at_r", "minimize"), console=console)
    for n, values in enumerate([(0.5, 0.25), (0.75,), ()]):
        run = RunDir(tmp_path / str(n))
        progress.started(run, config(f"seed={n}"))
        history(run, *values)
        done(run, 1, recall_at_1=0.9)
        progress.ended(run)
    ends = [line for line in console.file.getvalue().splitlines() if line.startswith("    ")]
    assert [line.partition("  (")[0] for line in ends] == [
        "    0 done in 1 s, val/map_at_r 0.25", "    1 done in 1 s, val/map_at_r 0.75", "    2 done in 1 s",
    ]  # fmt: skip
    earlier = RunDir(tmp_path / "earlier")
    history(earlier, 0.125)
    progress.earlier(earlier, ["seed=9"])
    assert progress.best == (-0.125, "val/map_at_r 0.125 (seed=9)")
    assert all("best so far val/map_at_r 0.25 (data=omniglot seed=0)" in line for line in ends)
