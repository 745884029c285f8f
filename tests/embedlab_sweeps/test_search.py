"""The search by the command line; its jobs do nothing but log a number, so that a test is a matter of seconds."""

import json
from pathlib import Path

import pytest
from hydra.core.plugins import Plugins

from embedlab import cli
from hydra_plugins.embedlab_sweeps import local, search
from hydra_plugins.embedlab_sweeps.launcher import run_of

optuna = pytest.importorskip("optuna")

SEARCH = ["train", "-m", "sweeper=optuna", "loss.margin=interval(0.1,0.6)", "hydra.sweep.dir=sweep"]


class Jobs:
    """What was run, as (number, margin), and which of them are to fail."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, float]] = []
        self.to_fail: set[str] = set()

    def launch(self, launcher: local.LocalLauncher, job_overrides: list[list[str]]) -> None:
        for number, overrides in enumerate(job_overrides):
            config = launcher.compose(number, overrides, alone=True)
            run = run_of(config)
            self.ran.append((run.path.name, config.loss.margin))
            run.started()
            line = {"step": 1, "val/recall_at_1": 1 - (config.loss.margin - 0.3) ** 2}
            (run.path / "history.jsonl").write_text(json.dumps(line) + "\n")
            run.finished(1.0, ValueError("bad luck") if run.path.name in self.to_fail else None)

    @property
    def numbers(self) -> list[str]:
        return [number for number, _ in self.ran]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    jobs = Jobs()
    Plugins.instance()  # loads its plugins anew: from here on the classes are those that it makes
    launch = lambda self, overrides, initial_job_idx: jobs.launch(self, overrides)  # noqa: E731
    monkeypatch.setattr(local.LocalLauncher, "launch", launch)
    monkeypatch.setattr(cli, "_finish", lambda directory: None)  # no report
    return jobs


def trials(sweep: Path) -> list:
    return optuna.load_study(study_name="embedlab", storage=f"sqlite:///{sweep}/study.db").get_trials()


def test_a_failed_trial_is_run_again_when_asked(command, tmp_path: Path, jobs: Jobs) -> None:
    jobs.to_fail = {"1"}
    failed = command(*SEARCH, "hydra.sweeper.n_trials=3")
    assert failed.returncode == 1
    assert "1 failed: bad luck" in failed.stderr
    assert command("sweep", "sweep", "--resume").returncode == 1
    assert jobs.numbers == ["0", "1", "2"]  # by itself nothing is run again

    jobs.to_fail = set()
    again = command("sweep", "sweep", "--retry-failed")
    assert again.returncode == 0, again.stderr
    assert jobs.numbers == ["0", "1", "2", "1"]
    assert jobs.ran[3] == jobs.ran[1]  # with the same values
    found = trials(tmp_path / "sweep")
    assert [trial.state.name for trial in found] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert found[3].params == found[1].params
    assert len(json.loads((tmp_path / "sweep/manifest.json").read_text())["jobs"]) == 3

    assert command("sweep", "sweep", "--retry-failed").returncode == 0
    assert len(jobs.ran) == 4


def test_the_best_trial_is_written_ready_to_run(command, tmp_path: Path, jobs: Jobs) -> None:
    done = command(*SEARCH, "hydra.sweeper.n_trials=4")
    number, margin = min(jobs.ran, key=lambda ran: abs(ran[1] - 0.3))
    assert (tmp_path / "sweep/best.txt").read_text() == f"embedlab train loss.margin={margin}\n"
    assert f"trial {number}. Run it with" in done.stdout


@pytest.mark.parametrize("name", ["tell", "_run"])
def test_a_search_cut_off_between_jobs_goes_on(command, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Job 1 is done but the study was not told; or trial 1 is asked for but not planned."""
    assert command(*SEARCH, "hydra.sweeper.n_trials=3").returncode == 0
    expected, jobs.ran = jobs.ran, []
    owner = optuna.study.Study if name == "tell" else search.OptunaSweeper
    method, calls = getattr(owner, name), []

    def cut_off(self, *arguments, **keywords):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return method(self, *arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut_off)
        assert command(*SEARCH[:-1], "hydra.sweep.dir=cut", "hydra.sweeper.n_trials=3").returncode == 130
    assert command("sweep", "cut", "--resume").returncode == 0
    assert jobs.ran == expected


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("cut short", "begin anew in another folder: hydra.sweep.dir=PATH"),
        ("garbage", "file is not a database"),
        ("emptied", "lacks trials that were run; begin anew in another folder: hydra.sweep.dir=PATH"),
        ("removed", "lacks trials that were run; begin anew in another folder: hydra.sweep.dir=PATH"),
        ("another space", "a study of another space (loss.margin); give this one its own hydra.sweep.dir=PATH"),
    ],
)
def test_a_study_that_cannot_be_gone_on_with(command, tmp_path: Path, jobs: Jobs, damage: str, says: str) -> None:
    assert command(*SEARCH, "hydra.sweeper.n_trials=1").returncode == 0
    study, manifest = tmp_path / "sweep/study.db", (tmp_path / "sweep/manifest.json").read_text()
    if damage == "removed":
        study.unlink()
    elif damage != "another space":
        whole = study.read_bytes()
        study.write_bytes({"cut short": whole[: len(whole) // 2], "garbage": b"x" * 9999, "emptied": b""}[damage])
    more = ["optimizer.lr=interval(0.001,0.002)"] if damage == "another space" else []
    done = command(*SEARCH, "hydra.sweeper.n_trials=2", *more)
    assert done.returncode == 2
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("embedlab: "))
    assert says in line
    assert jobs.numbers == ["0"]
    assert (tmp_path / "sweep/manifest.json").read_text() == manifest
