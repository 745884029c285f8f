import json
from pathlib import Path

import numpy as np
import pytest

from embedlab.report.runs import read_run


def test_damaged_files_read_as_absent(tmp_path: Path) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "test.npz").write_bytes(b"PK\x03\x04 cut short")
    (tmp_path / "config.yaml").write_text("{")
    (tmp_path / "metrics.json").write_text('{"test/nmi": {"value": NaN}, "test/eer": {"value": 0.25, "low": null}}')
    (tmp_path / "history.jsonl").write_text('{"step": 1, "train/loss": 2.5}\n{"step": 2, "train/lo')
    run = read_run(tmp_path)
    assert run.status == "unknown"
    assert run.evaluation == {}
    assert {name: e.value for name, e in run.metrics.items()} == {"test/eer": 0.25}
    steps, values = run.curve("train/loss")
    assert (steps.tolist(), values.tolist()) == ([1.0], [2.5])


def test_arrays_that_hold_objects_are_not_unpickled(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"status": "done"}))
    (tmp_path / "evaluation").mkdir()
    np.savez(tmp_path / "evaluation" / "test.npz", labels=np.array([object()], dtype=object))
    assert read_run(tmp_path).evaluation == {}


def write(directory: Path, config: str, overrides: str = "[]", environment: str = "{}") -> Path:
    (directory / "config.yaml").write_text(config)
    (directory / "overrides.yaml").write_text(overrides)
    (directory / "environment.json").write_text(environment)
    return directory


@pytest.mark.parametrize(
    ("config", "fold"),
    [
        ("data:\n  view: 2\n  fold: 7\n  sampler:\n    fold: 3\nseed: 1\n", "7"),
        ("data: {view: 2, fold: 7}\nseed: 1\n", "7"),
        ("data:\n  sampler:\n    fold: 3\nseed: 1\n", None),
        ("evaluation:\n  fold: 3\ndata:\n  view: 2\nseed: 1\n", None),
        ("data:\n  fold: null\nfold: 3\n", None),
        ("data: text about a fold\n", None),
        ("data:\n- fold\n- 3\nseed: 1\n", None),
    ],
)
def test_fold_is_the_one_of_the_data(tmp_path: Path, config: str, fold: str | None) -> None:
    assert read_run(write(tmp_path, config)).fold == fold


def test_seed_is_the_overrides_then_the_environments_then_the_configs(tmp_path: Path) -> None:
    config = "task:\n  seed: 9\nseed: 3\n"
    assert read_run(write(tmp_path, config, "- seed=1\n", '{"seed": 2}')).seed == "1"
    assert read_run(write(tmp_path, config, environment='{"seed": 2}')).seed == "2"
    assert read_run(write(tmp_path, config)).seed == "3"
    assert read_run(write(tmp_path, "task:\n  seed: 9\n")).seed is None


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ("- loss=triplet\n- +loss.margin=1e-3\n- a/b=\n", {"loss": "triplet", "loss.margin": "1e-3", "a/b": ""}),
        ("- 'name=it''s'\n- \"a=b: c\"\n", {"name": "it's", "a": "b: c"}),
        ("[loss=triplet, seed=1]\n", {"loss": "triplet", "seed": "1"}),
        ("- name=x # a comment\n- 7\n", {"name": "x"}),
        ("- loss=triplet\n- [\n", {}),
    ],
)
def test_overrides_read_alike_whether_plain_or_quoted(tmp_path: Path, text: str, overrides: dict[str, str]) -> None:
    assert read_run(write(tmp_path, "{}", text)).overrides == overrides


def test_a_running_job_has_taken_no_known_time_yet(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"status": "running", "seconds": 0.0}')
    assert (read_run(tmp_path).status, read_run(tmp_path).seconds) == ("running", None)
