import json
import os
import shutil
import socket
from pathlib import Path

import hydra
import pytest

from embedlab.errors import BadInput
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.running.sweepdir import PlannedJob, SweepDir

JOBS = [PlannedJob(n, f"key{n}", ("loss=triplet", f"seed={n}")) for n in range(5)]


@pytest.fixture
def sweep(tmp_path: Path) -> SweepDir:
    """Five jobs: done, failed, running, cut off, not begun."""
    sweep = SweepDir(tmp_path)
    sweep.plan(["-m", "seed=0,1,2,3,4"], JOBS)
    for job in JOBS[:4]:
        sweep.run(job).started()
    sweep.run(JOBS[0]).finished(2.5)
    sweep.run(JOBS[0]).write_json("metrics.json", {"test/recall_at_1": {"value": 0.5}})
    sweep.run(JOBS[1]).finished(1.0, ValueError("too\nbad"))
    gone = {"status": "running", "pid": 2**22 + 1, "host": socket.gethostname()}
    sweep.run(JOBS[3]).write_json("status.json", gone)
    return sweep


def test_rows_join_the_plan_and_the_run_directories(sweep: SweepDir) -> None:
    rows = sweep.rows()
    assert [row.status for row in rows] == ["done", "failed", "running", "interrupted", "planned"]
    assert [row.job for row in rows] == JOBS
    assert rows[0].metrics == {"test/recall_at_1": 0.5}
    assert (rows[0].seconds, rows[0].exit_code) == (2.5, 0)
    assert (rows[1].error, rows[1].exit_code) == ("too bad", 1)
    assert rows[4].metrics is None


def test_a_run_of_another_machine_is_taken_at_its_word(sweep: SweepDir) -> None:
    elsewhere = {"status": "running", "pid": 2**22 + 1, "host": "elsewhere"}
    sweep.run(JOBS[3]).write_json("status.json", elsewhere)
    assert sweep.row(JOBS[3]).status == "running"


@pytest.mark.parametrize(("retry_failed", "numbers"), [(False, [3, 4]), (True, [1, 3, 4])])
def test_what_going_on_would_run(sweep: SweepDir, retry_failed: bool, numbers: list[int]) -> None:
    assert [job.number for job in sweep.pending(retry_failed)] == numbers


def test_the_plan_is_written_once(sweep: SweepDir) -> None:
    before = (sweep.path / "manifest.json").read_bytes()
    sweep.plan(["something else"], JOBS)
    assert (sweep.path / "manifest.json").read_bytes() == before
    assert sweep.arguments() == (os.getcwd(), ["-m", "seed=0,1,2,3,4"])
    with pytest.raises(BadInput, match="holds another sweep"):
        sweep.plan([], JOBS[:3])
    sweep.plan([], JOBS[:3], grow=True)
    assert sweep.jobs() == JOBS[:3]


def test_one_process_at_a_time(sweep: SweepDir) -> None:
    with sweep.locked(), pytest.raises(BadInput, match="another process"), SweepDir(sweep.path).locked():
        pass
    with sweep.locked():
        pass


@pytest.mark.parametrize("content", ["", "[]", '{"jobs": 3}', json.dumps({"jobs": [{"number": 0}]})])
def test_a_damaged_plan(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BadInput, match="damaged; remove it"):
        SweepDir(tmp_path).rows()


def test_no_plan(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no sweep is here"):
        SweepDir(tmp_path).rows()


def test_the_best_that_was_logged(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.best_logged("val/recall_at_1") is None
    lines = [{"step": 1, "val/recall_at_1": 0.25}, {"step": 2, "val/recall_at_1": 0.75}, {"step": 3, "train/loss": 9.0}]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run.best_logged("val/recall_at_1") == 0.75
    assert run.best_logged("val/recall_at_1", "minimize") == 0.25
    assert run.best_logged("val/nmi") is None


def test_an_interrupted_run_has_not_failed(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.started()
    run.finished(1.0, KeyboardInterrupt())
    assert run.read_json("status.json")["status"] == "interrupted"


def test_a_plan_that_was_removed_is_written_again_for_the_same_runs_only(sweep: SweepDir) -> None:
    sweep.run(JOBS[0]).write_config({}, JOBS[0].overrides)
    (sweep.path / "manifest.json").unlink()
    with pytest.raises(BadInput, match="holds another sweep"):
        sweep.plan([], [PlannedJob(0, "key", ("loss=arcface", "seed=0"))])
    assert not sweep.planned
    sweep.plan([], JOBS)
    assert [row.status for row in sweep.rows()] == ["done", "failed", "running", "interrupted", "planned"]


def test_a_directory_deleted_by_hand_is_a_job_to_run(sweep: SweepDir) -> None:
    shutil.rmtree(sweep.path / "0")
    assert sweep.row(JOBS[0]).status == "planned"
    assert JOBS[0] in sweep.pending(retry_failed=False)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"test/recall_at_1": 3, "test/nmi": {"value": null}}'])
def test_damaged_files_of_a_job_do_not_hide_the_others(sweep: SweepDir, content: str) -> None:
    for name in ("status.json", "metrics.json"):
        (sweep.run(JOBS[0]).path / name).write_text(content)
    assert [row.status for row in sweep.rows()] == ["planned", "failed", "running", "interrupted", "planned"]


def test_sweeps_started_in_the_same_second_have_folders_of_their_own() -> None:
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        places = {hydra.compose("train", return_hydra_config=True).hydra.sweep.dir for _ in range(3)}
    assert len(places) == 3
