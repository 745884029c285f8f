import json
from pathlib import Path

import pytest
import yaml

from embedlab.errors import BadInput
from embedlab.report.sweep import jobs, read


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


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_directory_without_runs_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"no such directory|no run in it"):
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


def test_jobs_are_the_run_directories_and_nothing_else(tmp_path: Path) -> None:
    for name in ("10", "9", "figures", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "9" / "status.json").write_text("{}")
    (tmp_path / "10" / "config.yaml").write_text("{}")
    (tmp_path / "multirun.yaml").write_text("{}")
    assert jobs(tmp_path) == [(tmp_path / "9", []), (tmp_path / "10", [])]
    assert jobs(tmp_path / "9") == [(tmp_path / "9", [])]


def test_planned_jobs_count_before_they_begin(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "status.json").write_text('{"status": "done"}')
    plan = {"jobs": [{"number": n, "overrides": ["loss=arcface", f"seed={n}"]} for n in (0, 1)]}
    (tmp_path / "manifest.json").write_text(json.dumps(plan))
    begun, planned = sorted(read(tmp_path).runs, key=lambda run: run.directory)
    assert (begun.status, planned.status) == ("done", "planned")
    assert (planned.directory.name, planned.overrides["loss"], planned.seed) == ("1", "arcface", "1")


def test_states_are_counted(sweep_directory: Path) -> None:
    sweep = read(sweep_directory)
    assert sweep.states == {"done": 5, "failed": 1}
    assert [run.directory.name for run in sweep.failed] == ["5"]


def test_seeds_and_folds_both_repeat(tmp_path: Path) -> None:
    for job, (seed, fold) in enumerate([(1, 0), (1, 1), (2, 0)]):
        (tmp_path / str(job)).mkdir()
        (tmp_path / str(job) / "status.json").write_text('{"status": "done"}')
        (tmp_path / str(job) / "overrides.yaml").write_text(f"[seed={seed}, data.fold={fold}]")
    sweep = read(tmp_path)
    assert (sweep.keys, len(sweep.variants), sweep.repeats) == ((), 1, "seeds and folds")


def test_a_part_is_numbered_anew(sweep_directory: Path) -> None:
    sweep = read(sweep_directory)
    part = sweep.part([sweep.variants[2], sweep.variants[0]])
    assert [(v.label, v.number) for v in part.variants] == [("center", 0), ("contrastive", 1)]
    assert part.states == {"done": 3, "failed": 1}
    assert part.label(part.runs[0]) == "center, seed 1"
