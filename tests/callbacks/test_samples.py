"""Samples during training: what is asked of the model, where the texts go, and what a resumed run keeps."""

import logging
from types import SimpleNamespace

import pytest
from pytorch_lightning.strategies import FSDPStrategy
from pytorch_lightning.trainer.states import TrainerFn

from embedlab.callbacks import Samples, samples
from embedlab.errors import BadInput


def trainer(step, fn=TrainerFn.FITTING, loggers=()):
    preparation = SimpleNamespace(tokenizer="the tokenizer")
    return SimpleNamespace(
        global_step=step, current_epoch=step // 10, is_global_zero=True, sanity_checking=False, loggers=loggers,
        state=SimpleNamespace(fn=fn), strategy=None, datamodule=SimpleNamespace(preparation=preparation),
    )  # fmt: skip


TASK = SimpleNamespace(next_token="the model", words=["a", "b"])


@pytest.fixture
def callback(tmp_path):
    asked = []

    def write(*given):
        asked.append(given)
        if "é" in given[3]:
            raise BadInput("--prompt: 'é': not among the 2 tokens that the model knows")
        return iter(["x", f"{given[5]['temperature']}\n", "y"])

    def made(**options):
        return Samples(str(tmp_path), write, dict, length=9, seed=4, **options)

    made.asked, made.file = asked, tmp_path / "samples.txt"
    return made


def test_each_prompt_at_each_temperature(callback, caplog):
    made = callback(prompts=["a", ""], temperatures=[0.5, 1])
    with caplog.at_level(logging.INFO, "embedlab"):
        made.on_validation_end(trainer(20), TASK)
    given = ("the model", ["a", "b"], "the tokenizer")
    assert callback.asked == [
        (*given, prompt, 9, {"temperature": temperature}, 4) for prompt in ("a", "") for temperature in (0.5, 1)
    ]
    expected = (
        "=== epoch 2, step 20\n--- temperature 0.5\nax0.5\ny\n--- temperature 1\nax1\ny\n"
        "--- temperature 0.5\nx0.5\ny\n--- temperature 1\nx1\ny\n"
    )
    assert callback.file.read_text() == expected
    assert expected in caplog.text
    made.on_validation_end(trainer(20, TrainerFn.VALIDATING), TASK)
    assert callback.file.read_text() == expected


def test_dashboards_that_show_text_are_shown_it(callback, monkeypatch):
    shown = []
    logger = SimpleNamespace(
        log_text=lambda *given, **more: shown.append((given, more)), run_id="run",
        experiment=SimpleNamespace(
            add_text=lambda *given: shown.append(given), log_text=lambda *given: shown.append(given)
        ),
    )  # fmt: skip
    for kind, show in samples.SHOWS.items():
        monkeypatch.setattr(samples, "SHOWS", {SimpleNamespace: show})
        callback(temperatures=[0.5]).on_validation_end(trainer(20, loggers=[logger]), TASK)
        assert "x0.5" in str(shown.pop()), kind
    assert not shown


def test_a_resumed_run_drops_what_lies_after_its_step(callback):
    made = callback(temperatures=[0.5])
    for step in (10, 20, 30):
        made.on_validation_end(trainer(step), TASK)
    whole = callback.file.read_text()
    made.on_train_start(trainer(20), TASK)
    kept = callback.file.read_text()
    assert whole.startswith(kept)
    assert (kept.count("==="), "step 20" in kept) == (2, True)
    made.on_train_start(trainer(30), TASK)
    assert callback.file.read_text() == kept
    made.on_train_start(trainer(0), TASK)
    assert callback.file.read_text() == ""


def test_ranks_with_a_share_of_the_weights_cannot_write(callback):
    of_ranks = trainer(0)
    of_ranks.strategy = FSDPStrategy()
    with pytest.raises(BadInput, match=r"take callbacks\.samples=null"):
        callback().on_train_start(of_ranks, TASK)


def test_prompts_that_the_model_cannot_read_are_said_before_training(callback):
    with pytest.raises(BadInput, match=r"^callbacks\.samples\.prompts: 'é': not among the 2 tokens"):
        callback(prompts=["a", "é"]).on_train_start(trainer(0), TASK)
