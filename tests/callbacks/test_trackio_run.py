from pathlib import Path

import pytest

from embedlab.callbacks import TrackioRun


def test_a_job_is_one_run_however_often_it_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))  # read when Trackio is imported
    trackio = pytest.importorskip("trackio", reason="not beside the tested versions: embedlab[trackio]")
    from trackio.sqlite_storage import SQLiteStorage

    job = tmp_path / "sweep" / "3"
    job.mkdir(parents=True)
    (tmp_path / "sweep" / "manifest.json").write_text("{}")
    (job / "overrides.yaml").write_text("- loss=triplet\n- data.path=/data\n")
    for step, exit_code in ((7, 1), (9, 0)):
        logger = TrackioRun(str(job))
        logger.log_hyperparams({"loss.margin": 0.25})
        logger.log_metrics({"test/recall_at_1": step / 10}, step=step)
        logger.close(exit_code)
    (run,) = trackio.Api().runs("embedlab")
    assert run.name == f"3: loss=triplet data.path=_data ({logger.version})"
    assert run.config["loss.margin"] == 0.25
    assert run.config["_Group"] == str(job.parent)
    lines = SQLiteStorage.get_logs("embedlab", run.name, run_id=run.id)
    assert [(line["step"], line["test/recall_at_1"]) for line in lines] == [(7, 0.7), (9, 0.9)]
