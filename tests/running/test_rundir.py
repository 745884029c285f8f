import json

import pytest

from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.running.rundir import RunDir, find_run


def test_status_tells_how_a_run_went(tmp_path):
    run = RunDir(tmp_path / "run")
    run.started()
    assert run.read_json("status.json")["status"] == "running"
    run.finished(2.5)
    status = run.read_json("status.json")
    assert (status["status"], status["seconds"], status["error"]) == ("done", 2.5, None)


def test_a_resumed_run_adds_up_its_seconds_and_a_failed_one_keeps_its_traceback(tmp_path):
    run = RunDir(tmp_path)
    run.started()
    run.finished(2.0)
    run.started()
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        run.finished(3.0, error)
    status = run.read_json("status.json")
    assert (status["status"], status["seconds"], status["error"]) == ("failed", 5.0, "two lines")
    assert "test_rundir.py" in status["traceback"]


def test_an_error_from_a_loader_worker_is_told_by_its_last_line(tmp_path):
    run = RunDir(tmp_path)
    run.started()
    run.finished(
        0,
        ValueError(
            "Caught ValueError in worker 0.\nOriginal Traceback (most recent call last):\n  x\nValueError: bad.png"
        ),
    )
    assert run.read_json("status.json")["error"] == "ValueError: bad.png"


def test_config_and_metrics_read_back(tmp_path):
    run = RunDir(tmp_path)
    run.write_config({"seed": 3, "loss": {"margin": 0.5}}, ["seed=3"])
    run.write_metrics({"test/recall_at_1": Estimate(0.5, 0.4, 0.6), "test/nmi": Estimate(0.7)})
    assert run.config() == {"seed": 3, "loss": {"margin": 0.5}}
    assert run.overrides() == ["seed=3"]
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "test/recall_at_1": {"value": 0.5, "low": 0.4, "high": 0.6},
        "test/nmi": {"value": 0.7, "low": None, "high": None},
    }


def test_find_run_takes_a_directory_or_a_checkpoint(tmp_path):
    run = RunDir(tmp_path / "run")
    run.write_config({"seed": 1}, [])
    with pytest.raises(BadInput, match="no checkpoint yet"):
        find_run(run.path)
    (run.path / "checkpoints").mkdir()
    last, best = run.path / "checkpoints" / "last.ckpt", run.path / "checkpoints" / "best.ckpt"
    last.touch()
    assert find_run(run.path) == (run, last)
    best.touch()
    assert find_run(run.path) == (run, best)
    assert find_run(last) == (run, last)


@pytest.mark.parametrize(
    ("text", "says"), [("a: [", "not a readable config"), ("- 1", "no mapping"), (None, "no run is here")]
)
def test_a_damaged_run_is_named(tmp_path, text, says):
    if text is not None:
        (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(BadInput, match=says):
        RunDir(tmp_path).config()


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="no such run"):
        find_run(tmp_path / "nowhere")
