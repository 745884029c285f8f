import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from embedlab.report.runs import read


def test_sweep_is_grouped_by_what_varies_but_the_seed(sweep_directory: Path) -> None:
    sweep = read(sweep_directory)
    assert sweep.keys == ("loss",)
    assert [(v.label, v.number, [run.seed for run in v.runs]) for v in sweep.variants] == [
        ("contrastive", 0, ["1", "2"]),
        ("triplet", 1, ["1", "2"]),
        ("center", 2, ["1", "2"]),
    ]
    assert [run.status for run in sweep.variants[2].runs] == ["done", "failed"]
    assert sweep.variants[2].runs[1].error == "loss is NaN at step 7"
    assert sweep.name == "omniglot"


def test_label_names_the_keys_of_numbers_where_several_keys_vary(tmp_path: Path) -> None:
    for number, overrides in enumerate((["loss=triplet", "+loss.margin=0.2"], ["loss=center", "+loss.margin=0.5"])):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "status.json").write_text('{"status": "done"}')
        (tmp_path / str(number) / "overrides.yaml").write_text(yaml.safe_dump(overrides))
    sweep = read(tmp_path)
    assert sweep.keys == ("loss", "loss.margin")
    assert [v.label for v in sweep.variants] == ["triplet, margin=0.2", "center, margin=0.5"]


def test_jobs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "status.json").write_text('{"status": "done"}')
        (tmp_path / str(number) / "overrides.yaml").write_text(f"[model={number}]")
    assert [v.label for v in read(tmp_path).variants] == ["1", "2", "10"]


def test_damaged_files_read_as_absent(tmp_path: Path) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "test.npz").write_bytes(b"PK\x03\x04 cut short")
    (tmp_path / "config.yaml").write_text("{")
    (tmp_path / "metrics.json").write_text('{"test/nmi": {"value": NaN}, "test/eer": {"value": 0.25, "low": null}}')
    (tmp_path / "history.jsonl").write_text('{"step": 1, "train/loss": 2.5}\n{"step": 2, "train/lo')
    run = read(tmp_path).runs[0]
    assert run.status == "unknown"
    assert run.evaluation == {}
    assert {name: e.value for name, e in run.metrics.items()} == {"test/eer": 0.25}
    steps, values = run.curve("train/loss")
    assert (steps.tolist(), values.tolist()) == ([1.0], [2.5])


def test_arrays_that_hold_objects_are_not_unpickled(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"status": "done"}))
    (tmp_path / "evaluation").mkdir()
    np.savez(tmp_path / "evaluation" / "test.npz", labels=np.array([object()], dtype=object))
    assert read(tmp_path).runs[0].evaluation == {}


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_directory_without_runs_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such directory|no run in it"):
        read(tmp_path / name)


def test_folds_of_a_cross_validation_repeat_a_variant(tmp_path: Path) -> None:
    for job, (loss, fold) in enumerate([("triplet", 10), ("triplet", 9), ("arcface", 9), ("arcface", 10)]):
        directory = tmp_path / str(job)
        directory.mkdir()
        (directory / "config.yaml").write_text(f"name: lfw\nseed: 1\ndata: {{fold: {fold}}}\n")
        (directory / "overrides.yaml").write_text(f"[loss={loss}, data.fold={fold}]\n")
        (directory / "status.json").write_text('{"status": "done", "seconds": 1}')
    sweep = read(tmp_path)
    assert sweep.keys == ("loss",)
    assert sweep.repeats == "folds"
    assert [(v.label, [run.fold for run in v.runs]) for v in sweep.variants] == [
        ("triplet", ["9", "10"]), ("arcface", ["9", "10"]),
    ]  # fmt: skip
    assert sweep.label(sweep.runs[0]) == "triplet, seed 1, fold 9"
