"""`embedlab train` as a user types it: a run, a sweep, ranks, loggers, determinism."""

import json
from pathlib import Path

import yaml

TINY = [
    "trainer.max_epochs=2", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=3", "model.channels=4", "evaluation=quick",
    "data.rotations=false", "threads=1",
]  # fmt: skip


def metrics(run: Path) -> dict:
    return json.loads((run / "metrics.json").read_text())


def status(run: Path) -> dict:
    return json.loads((run / "status.json").read_text())


def test_a_run_leaves_what_the_run_directory_promises(embedlab, tmp_path):
    done = embedlab("train", *TINY, "run_dir=run", "seed=5")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    assert status(run)["status"] == "done"
    assert status(run)["seconds"] > 0
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["seed"] == 5
    assert config["sizes"]["num_classes"] > 900
    assert "seed=5" in yaml.safe_load((run / "overrides.yaml").read_text())
    environment = json.loads((run / "environment.json").read_text())
    assert environment["seed"] == 5
    assert environment["versions"]["torch"]
    assert environment["data_checksum"]
    assert environment["peak_memory_bytes"] > 1e8
    assert 0 < metrics(run)["test/recall_at_1"]["value"] < 1
    for name in (
        "checkpoints/last.ckpt",
        "checkpoints/best.ckpt",
        "history.jsonl",
        "evaluation/test.npz",
        "report.html",
        "train.log",
    ):
        assert (run / name).is_file(), name
    assert done.stdout.rstrip().endswith("run/report.html")
    # The same protocol on the saved run gives the same numbers.
    again = embedlab("evaluate", "run")
    assert f"{metrics(run)['test/recall_at_1']['value']:.4f}"[:5] in again.stdout


def test_two_runs_of_one_seed_are_identical(embedlab, tmp_path):
    for name in ("a", "b"):
        assert embedlab("train", *TINY, f"hydra.run.dir={name}").returncode == 0
    assert metrics(tmp_path / "a") == metrics(tmp_path / "b")
    assert (tmp_path / "a" / "history.jsonl").read_text() == (tmp_path / "b" / "history.jsonl").read_text()


def test_a_sweep_goes_on_past_a_failing_job_and_says_so(embedlab, tmp_path):
    done = embedlab("train", "-m", *TINY, "loss=contrastive", "loss.margin=1,-1,2", "hydra.sweep.dir=sweep")
    assert done.returncode == 1, done.stderr
    assert [status(tmp_path / "sweep" / str(i))["status"] for i in range(3)] == ["done", "failed", "done"]
    assert "1 failed: loss.margin=-1" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "sweep" / "report.html").is_file()
    assert len((tmp_path / "sweep" / "results.csv").read_text().splitlines()) == 4


def test_ranks_in_a_multirun_read_the_composed_config_and_never_start_the_sweep_again(embedlab, tmp_path):
    ddp = ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", "trainer.precision=32-true"]
    done = embedlab("train", "-m", *TINY, *ddp, "loss=triplet,arcface", "hydra.sweep.dir=sweep")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "sweep").iterdir() if p.is_dir() and p.name != "figures") == ["0", "1"]
    for job in ("0", "1"):
        assert status(tmp_path / "sweep" / job)["status"] == "done"
        assert 0 < metrics(tmp_path / "sweep" / job)["test/recall_at_1"]["value"] < 1
        steps = [
            json.loads(line)["step"] for line in (tmp_path / "sweep" / job / "history.jsonl").read_text().splitlines()
        ]
        assert max(steps) == 6  # two epochs of three global batches, each shared by both ranks


def test_several_loggers_at_once_with_the_dashboard_offline(embedlab, tmp_path):
    done = embedlab("train", *TINY, "logger=[csv,tensorboard,wandb,mlflow]", "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    assert "val/recall_at_1" in (tmp_path / "run" / "csv" / "metrics.csv").read_text()
    assert list((tmp_path / "run" / "tensorboard").glob("events.*"))
    assert list((tmp_path / "run" / "wandb").glob("offline-run-*/*.wandb"))
    assert (tmp_path / "run" / "mlflow.db").is_file()


def test_help_lists_the_commands(embedlab):
    shown = embedlab("--help")
    assert shown.returncode == 0
    for name in ("train", "resume", "evaluate", "report", "list", "export", "verify", "search"):
        assert f"\n    {name} " in shown.stdout


def test_list_gives_a_line_each(embedlab):
    shown = embedlab("list", "losses")
    assert shown.returncode == 0
    assert any(line.startswith("  triplet ") and len(line) > 40 for line in shown.stdout.splitlines())
