from pathlib import Path

from embedlab.callbacks.naming import naming


def test_a_job_is_called_by_its_number_and_overrides(tmp_path: Path) -> None:
    job = tmp_path / "sweep" / "3"
    job.mkdir(parents=True)
    (tmp_path / "sweep" / "manifest.json").write_text("{}")
    (job / "overrides.yaml").write_text("- loss=triplet\n- seed=2\n")
    names = naming(str(job))
    assert (names.name, names.tags, names.sweep) == ("3: loss=triplet seed=2", ("loss=triplet", "seed=2"), job.parent)
    assert naming(str(job)) == names  # the id is drawn once


def test_a_single_run_is_called_by_its_overrides_else_its_folder(tmp_path: Path) -> None:
    assert naming(str(tmp_path / "run")).name == "run"
    (tmp_path / "run" / "overrides.yaml").write_text("- seed=2\n")
    names = naming(str(tmp_path / "run"))
    assert (names.name, names.sweep) == ("seed=2", None)
