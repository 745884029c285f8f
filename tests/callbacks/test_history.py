import json
from types import SimpleNamespace

import torch
from pytorch_lightning.trainer.states import TrainerFn

from embedlab.callbacks import History


def trainer(step, **metrics):
    return SimpleNamespace(
        global_step=step, current_epoch=step // 10, is_global_zero=True, sanity_checking=False,
        state=SimpleNamespace(fn=TrainerFn.FITTING),
        callback_metrics={k.replace("_", "/", 1): torch.tensor(v) for k, v in metrics.items()},
    )  # fmt: skip


def lines(directory):
    return [json.loads(line) for line in (directory / "history.jsonl").read_text().splitlines()]


def test_training_and_validation_numbers_have_lines_of_their_own(tmp_path):
    history = History(str(tmp_path), every_n_steps=2)
    for step in (1, 2):
        history.on_train_batch_end(trainer(step, train_loss=0.5, val_nmi=9.0), None, None, None, 0)
    history.on_validation_end(trainer(2, train_loss=0.5, val_nmi=0.25), None)
    assert lines(tmp_path) == [
        {"step": 2, "epoch": 0, "train/loss": 0.5},
        {"step": 2, "epoch": 0, "val/nmi": 0.25},
    ]


def test_a_resumed_run_drops_what_lies_after_its_step_and_a_line_cut_short(tmp_path):
    written = "".join(json.dumps({"step": step}) + "\n" for step in (10, 20, 30))
    (tmp_path / "history.jsonl").write_text(written + '{"step": 4')
    history = History(str(tmp_path))
    history.on_train_start(trainer(20), None)
    assert [line["step"] for line in lines(tmp_path)] == [10, 20]


def test_a_run_from_the_start_begins_an_empty_history(tmp_path):
    (tmp_path / "history.jsonl").write_text('{"step": 10}\n')
    History(str(tmp_path)).on_train_start(trainer(0), None)
    assert lines(tmp_path) == []
