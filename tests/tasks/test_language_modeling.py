"""Language modelling in the frame: gradients by hand, evaluation token by token, resumed bit for bit."""

import math
import random

import hydra
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional

from embedlab.batch import TokenWindow
from embedlab.data import language_modeling
from embedlab.data.language_modeling import LanguageModelingData
from embedlab.errors import BadInput
from embedlab.losses import TripletLoss
from embedlab.losses.language_modeling import AdaptiveSoftmax, CrossEntropy
from embedlab.models.recurrent import CELLS, Recurrent
from embedlab.running import train as training
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.tasks.language_modeling import LanguageModeling
from embedlab.text import Characters
from embedlab.vectors import WordVectors, save


def task_of(words, cell="lstm", dim=8, lr=1.0, optimizer=torch.optim.SGD, **more):
    torch.manual_seed(0)
    model = Recurrent(words, cell, dim, dim, layers=2, init_range=0.5, **more.pop("model", {}))
    return LanguageModeling(model, CrossEntropy(words, dim), lambda weights: optimizer(weights, lr=lr), **more)


def data_of(directory, text="to be or not to be\n" * 20, held_out="to be\nor what\n", **more):
    (directory / "text.txt").write_text(text)
    (directory / "held_out.txt").write_text(held_out)
    paths = {"path": "text.txt", "val_path": "held_out.txt", "test_path": "held_out.txt"}
    options = {"tokenizer": Characters(), "min_count": 1, "seed": 1, "cache": str(directory / "cache")} | more
    return LanguageModelingData(**{name: str(directory / path) for name, path in paths.items()}, **options)


def trainer_of(epochs=1, **more):
    return pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, **more,
    )  # fmt: skip


def plain_model(task, cell):
    """Embedding, layers and softmax of plain torch, with the task's weights."""
    size = task.model.embedding.weight.shape
    kinds = {"rnn_tanh": nn.RNN, "rnn_relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    options = {"nonlinearity": "relu"} if cell == "rnn_relu" else {}
    parts = nn.Embedding(*size), kinds[cell](size[1], size[1], 2, batch_first=True, **options), nn.Linear(*size[::-1])
    for part, own in zip(parts, (task.model.embedding, task.model.cells, task.loss), strict=True):
        part.to(task.loss.weight.dtype).load_state_dict(own.state_dict())
    return parts


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sum_over_time", [False, True])
def test_gradients_of_one_window_are_those_of_the_whole_sequence(cell, sum_over_time, monkeypatch):
    task = task_of(11, cell, sum_over_time=sum_over_time).double()
    monkeypatch.setattr(task, "log", lambda *_, **__: None)
    tokens = torch.randint(11, (3, 10))
    embedding, cells, output = plain_model(task, cell)
    task.training_step(TokenWindow(tokens[:, :-1], tokens[:, 1:], True), 0).backward()
    logits = output(cells(embedding(tokens[:, :-1]))[0])
    functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
    scale = 9 if sum_over_time else 1
    for part, own in ((embedding, task.model.embedding), (cells, task.model.cells), (output, task.loss)):
        for name, weight in part.named_parameters():
            torch.testing.assert_close(own.get_parameter(name).grad, weight.grad * scale)


def test_the_state_is_carried_and_its_gradient_is_not(monkeypatch):
    task = task_of(11).double()
    monkeypatch.setattr(task, "log", lambda *_, **__: None)
    tokens = torch.randint(11, (3, 11))
    first, second = (TokenWindow(tokens[:, k : k + 5], tokens[:, k + 1 : k + 6], k == 0) for k in (0, 5))
    task.training_step(first, 0)
    task.training_step(second, 1).backward()
    embedding, cells, output = plain_model(task, "lstm")
    with torch.no_grad():
        _, state = cells(embedding(first.inputs))
    logits = output(cells(embedding(second.inputs), state)[0])
    functional.cross_entropy(logits.flatten(0, 1), second.targets.flatten()).backward()
    torch.testing.assert_close(task.model.cells.weight_hh_l0.grad, cells.weight_hh_l0.grad)
    torch.testing.assert_close(task.model.embedding.weight.grad, embedding.weight.grad)
    whole = task.training_step(first, 2)  # begins anew
    torch.testing.assert_close(whole, task.training_step(first, 3))


@pytest.mark.parametrize("loss", ["cross_entropy", "adaptive_softmax"])
def test_evaluation_is_of_every_token_whatever_the_batch(loss, tmp_path, monkeypatch):
    held_out = "to be\nor what\nis it Q\n"
    found = []
    for batch_size, window, steps in ((1, 5, 1000), (7, 11, 4), (20, 3, 1)):
        monkeypatch.setattr(language_modeling, "EVALUATION_STEPS", steps)
        data = data_of(tmp_path, held_out=held_out, batch_size=batch_size, window=window)
        words = data.corpora["train"].vocabulary
        task = task_of(len(words), model={"dropout": 0.5})
        if loss == "adaptive_softmax":
            task.loss = AdaptiveSoftmax(len(words), 8, [4], init_range=0.5)
            torch.manual_seed(1)
            for weight in task.loss.parameters():
                nn.init.uniform_(weight, -0.5, 0.5)
        trainer_of().test(task, datamodule=data, verbose=False)
        found.append(task.estimates("test"))
    task.eval()
    tokens = [words.index.get(token, words.index["<unk>"]) for token in Characters()(held_out)]
    nats, state = 0.0, None
    for before, token in zip([words.index[r"\n"], *tokens[:-1]], tokens, strict=True):
        log_probabilities, state = task.next_token(torch.tensor([before]), state)
        nats -= log_probabilities[token].item()
    for estimates in found:
        numbers = {name.removeprefix("test/"): estimate.value for name, estimate in estimates.items()}
        assert numbers["tokens"] == len(held_out)
        assert numbers["characters"] == sum(5 if c in "whaisQ" and c not in words else 1 for c in held_out)
        assert numbers["loss"] == pytest.approx(nats / len(held_out), rel=1e-6)
        assert numbers["perplexity"] == pytest.approx(math.exp(nats / len(held_out)), rel=1e-6)
        assert numbers["bits_per_character"] == pytest.approx(nats / math.log(2) / numbers["characters"], rel=1e-6)
        assert numbers["unknown_fraction"] == pytest.approx(7 / len(held_out))  # w h a i s i Q


def test_what_is_left_out_of_an_evaluation_counts_nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr(language_modeling, "EVALUATION_STEPS", 3)
    data = data_of(tmp_path, held_out="to Q\nor what\n", batch_size=4, window=5)
    task = task_of(len(data.corpora["train"].vocabulary))
    trainer_of(limit_test_batches=2).test(task, datamodule=data, verbose=False)
    numbers = {name.removeprefix("test/"): estimate.value for name, estimate in task.estimates("test").items()}
    assert (numbers["tokens"], numbers["characters"]) == (6, len("to <unk>\no"))
    assert numbers["unknown_fraction"] == pytest.approx(1 / 6)
    assert numbers["bits_per_character"] == pytest.approx(6 * numbers["loss"] / math.log(2) / len("to <unk>\no"))


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm"])
def test_hello_world_is_learned_by_heart(cell, tmp_path):
    data = data_of(tmp_path, "hello world\n" * 25, "hello world\n", batch_size=1, window=12)
    task = task_of(len(data.corpora["train"].vocabulary), cell, dim=24, lr=0.02, optimizer=torch.optim.Adam)
    trainer = trainer_of(8, limit_val_batches=0, gradient_clip_val=1.0)
    trainer.fit(task, datamodule=data)
    assert trainer.callback_metrics["train/loss"] < 0.02
    trainer.test(task, datamodule=data, verbose=False)
    assert task.estimates("test")["test/perplexity"].value < 1.02


def test_windows_of_other_lengths_have_learning_rates_in_proportion(tmp_path):
    task = task_of(14, lr=0.5)
    before = torch.cat([weight.detach().clone().flatten() for weight in task.parameters()])
    data = data_of(tmp_path, batch_size=2, window=16, jitter=4.0)
    steps = len(next(iter(data.train_dataloader())).targets[0])
    assert steps != 16
    trainer = trainer_of(1, limit_train_batches=1, limit_val_batches=0)
    trainer.fit(task, datamodule=data)
    after = torch.cat([weight.detach().flatten() for weight in task.parameters()])
    norm = trainer.callback_metrics["train/gradient_norm"].item()
    assert (before - after).norm().item() == pytest.approx(0.5 * steps / 16 * norm, rel=1e-5)
    assert trainer.optimizers[0].param_groups[0]["lr"] == 0.5


def test_what_the_model_adds_to_the_loss_trains_and_is_not_logged(monkeypatch):
    plain, regularized = (
        task_of(11, model={"activation_regularization": strength}).double() for strength in (0.0, 2.0)
    )
    logged = []
    for task in (plain, regularized):
        monkeypatch.setattr(task, "log", lambda name, value, **_: logged.append(value.item()))
    window = TokenWindow(*torch.randint(11, (2, 3, 9)), True)
    added = regularized.training_step(window, 0) - plain.training_step(window, 0)
    hidden, _ = plain.model(window.inputs)
    torch.testing.assert_close(added, 2 * hidden.square().mean())
    assert logged[0] == logged[1]


def test_a_run_starts_from_vectors_once(tmp_path):
    save(WordVectors(["t", "o"], [[1.0] * 8, [2.0] * 8]), path := str(tmp_path / "v.npz"))
    data = data_of(tmp_path, batch_size=2, window=10)
    task = task_of(9, model={"vectors": path, "freeze_vectors": True})
    trainer = trainer_of(1, limit_train_batches=1, limit_val_batches=0)
    trainer.fit(task, datamodule=data)
    words = data.corpora["train"].vocabulary
    assert task.model.embedding.weight[[words.index["t"], words.index["o"]]].mean(1).tolist() == [1.0, 2.0]
    trainer.save_checkpoint(tmp_path / "at.ckpt", weights_only=False)
    (tmp_path / "v.npz").unlink()  # what goes on from a checkpoint does not read it
    resumed = trainer_of(2, limit_train_batches=1, limit_val_batches=0)
    resumed.fit(task, datamodule=data, ckpt_path=tmp_path / "at.ckpt", weights_only=True)
    assert resumed.global_step == 2


def test_gradients_are_clipped_by_their_norm_which_is_logged(tmp_path):
    steps = {}
    for clip in (None, 0.25):
        task = task_of(14, lr=1.0)
        before = torch.cat([weight.detach().clone().flatten() for weight in task.parameters()])
        trainer = trainer_of(1, limit_train_batches=1, limit_val_batches=0, gradient_clip_val=clip)
        data = data_of(tmp_path, batch_size=2, window=10)
        assert len(data.corpora["train"].vocabulary) == 9
        trainer.fit(task, datamodule=data)
        after = torch.cat([weight.detach().flatten() for weight in task.parameters()])
        steps[clip] = (before - after).norm().item(), trainer.callback_metrics["train/gradient_norm"].item()
    assert steps[None][0] == pytest.approx(steps[None][1], rel=1e-5)
    assert steps[None][1] > 0.3
    assert steps[0.25] == pytest.approx((0.25, steps[None][1]), rel=1e-4)


RECURRENT = ["model.embedding_dim=8", "model.hidden_dim=8"]
CHARACTERS = ["data.tokenizer={_target_: embedlab.text.Characters}", "data.eos=false"]
EXPERIMENTS = {  # small, and the shape of each part of the state
    "char_rnn": ([*RECURRENT, "model.dropout=0.2", "model.tied=true"], (2, 10, 8)),
    "awd_lstm": (
        [*RECURRENT, *CHARACTERS, "data.val_path=null", "data.test_path=null", "data.jitter=4", "optimizer.lr=1",
         "callbacks.averaging.patience=0"],
        (3, 10, 8),
    ),
    "char_transformer": (
        ["model.hidden_dim=8", "model.layers=1", "model.heads=2", "model.context=16", "model.dropout=0.2"],
        (1, 10, 2, 15, 4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_killed_run_goes_on_bit_for_bit(experiment, tmp_path, train_until_killed):
    options, shape = EXPERIMENTS[experiment]
    draw = random.Random(0)
    (tmp_path / "text.txt").write_text("\n".join("".join(draw.choices("abcde ", k=20)) for _ in range(100)))

    def composed(directory):
        overrides = [
            f"experiment={experiment}", f"data.path={tmp_path}/text.txt", f"data.cache={tmp_path}/cache", *options,
            "data.batch_size=10", "data.window=40", "scheduler=multi_step", "scheduler.milestones=[1]",
            "trainer.max_epochs=3", "threads=1", "callbacks.last.every_n_train_steps=3",
            "callbacks.samples.length=5", "trainer.enable_progress_bar=false",
        ]  # fmt: skip
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return hydra.compose("train", [*overrides, f"run_dir={tmp_path / directory}"])

    training.train(composed("whole"), RunDir(tmp_path / "whole"))
    # inside the second epoch of five windows, after a checkpoint at 6
    train_until_killed(composed("cut"), RunDir(tmp_path / "cut"), step=8)
    cut = torch.load(RunDir(tmp_path / "cut").last_checkpoint, weights_only=True)
    assert cut["global_step"] == 6
    assert [part.shape for part in cut["state"]] == [shape] * 2
    assert set(cut["words"]) == {*"abcde", r"\s", r"\n", "<unk>"}
    training.train(composed("cut"), RunDir(tmp_path / "cut"))
    whole, cut = (torch.load(RunDir(tmp_path / name).last_checkpoint, weights_only=True) for name in ("whole", "cut"))
    assert whole["global_step"] == cut["global_step"] == 15
    for weights in {"state_dict", "current_model_state"} & set(whole):
        assert all(torch.equal(value, cut[weights][name]) for name, value in whole[weights].items())
    assert all(torch.equal(one, other) for one, other in zip(whole["state"], cut["state"], strict=True))
    metrics = [RunDir(tmp_path / name).read_json("metrics.json") for name in ("whole", "cut")]
    assert metrics[0] == metrics[1]
    texts = [(tmp_path / name / "samples.txt").read_text() for name in ("whole", "cut")]
    assert texts[0] == texts[1]
    assert texts[0].count("=== ") == 3
    assert metrics[0]["test/tokens"]["value"] == 104  # five lines, the last without its end


def test_what_does_not_go_together_is_said(tmp_path):
    model = Recurrent(9, embedding_dim=8, hidden_dim=8)
    with pytest.raises(BadInput, match="loss=TripletLoss: language models take loss=cross_entropy, "):
        LanguageModeling(model, TripletLoss(), torch.optim.SGD)
    with pytest.raises(BadInput, match="model=Linear: language models take model=lstm"):
        LanguageModeling(nn.Linear(2, 2), CrossEntropy(9, 8), torch.optim.SGD)
    with pytest.raises(BadInput, match=r"model\.bidirectional=true: a language model would see what it is to predict"):
        task_of(9, model={"bidirectional": True})
    task = task_of(9)
    task.words = ["a"]
    with pytest.raises(BadInput, match="another vocabulary than when the run began"):
        task.on_load_checkpoint({"words": ["b"]})
    with pytest.raises(BadInput, match="clip by norm"):
        trainer_of(gradient_clip_val=1.0, gradient_clip_algorithm="value").fit(
            task, datamodule=data_of(tmp_path, batch_size=2, window=10)
        )
