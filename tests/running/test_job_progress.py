import json
from pathlib import Path

import pytest

from embedlab.running.job_progress import JobProgress


def append(run: Path, *lines: dict) -> None:
    with (run / "history.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def test_a_job_is_followed_while_its_history_grows(tmp_path: Path) -> None:
    job = JobProgress(tmp_path, "loss=triplet", epochs=4, monitor="val/map_at_r")
    job.update()  # nothing is there yet
    assert (job.epoch, job.fraction, job.value) == (0, 0.0, None)

    append(tmp_path, {"step": 10, "epoch": 0, "train/loss": 0.5})
    job.update()
    assert (job.epoch, job.value) == (0, None)

    append(tmp_path, {"step": 20, "epoch": 0, "val/map_at_r": 0.25}, {"step": 30, "epoch": 1, "train/loss": 0.4})
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"step": 40, "epoch": 1, "val/ma')  # as far as it is written
    job.update()
    assert (job.epoch, job.fraction, job.value) == (1, 0.2, 0.25)

    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('p_at_r": 0.5}\n')
    job.update()
    assert (job.epoch, job.fraction, job.value) == (2, 0.4, 0.5)


def test_a_history_that_begins_anew_is_read_anew(tmp_path: Path) -> None:
    job = JobProgress(tmp_path, "", epochs=4, monitor="val/map_at_r")
    append(tmp_path, *({"step": n, "epoch": n, "val/map_at_r": n / 4} for n in range(4)))
    job.update()
    assert (job.epoch, job.value) == (4, 0.75)
    (tmp_path / "history.jsonl").write_text("")
    append(tmp_path, {"step": 0, "epoch": 0, "val/map_at_r": 0.125})
    job.update()
    assert (job.epoch, job.value) == (1, 0.125)


@pytest.mark.parametrize("line", ["", "nonsense", "[1, 2]", '{"step": 3}', '{"epoch": "x"}'])
def test_a_damaged_line_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "history.jsonl").write_text(line + "\n")
    append(tmp_path, {"step": 1, "epoch": 2, "train/loss": 1.0})
    job = JobProgress(tmp_path, "", epochs=None, monitor=None)
    job.update()
    assert (job.epoch, job.fraction, job.value) == (2, 0.0, None)
