"""Classifiers in the frame: what is learned, evaluated and kept, whatever the batches and the ranks."""

import random

import hydra
import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from embedlab import distributed
from embedlab.batch import TextBatch
from embedlab.data import sentences
from embedlab.data.sentences import SentenceData
from embedlab.errors import BadInput
from embedlab.evaluation.classification import ClassAccuracy
from embedlab.evaluation.few_shot import FewShot
from embedlab.losses import TripletLoss
from embedlab.losses.classification import ClassSoftmax
from embedlab.models.recurrent import Recurrent
from embedlab.models.sentence_bag import SentenceBag
from embedlab.models.sentence_cnn import SentenceCnn
from embedlab.models.sentence_rnn import SentenceRnn
from embedlab.running import train as training
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.tasks.classification import Classification
from embedlab.text.vocabulary import numbers_of
from embedlab.vectors import WordVectors, save

# "not" turns what follows around, so that a bag of words is not enough.
TRAIN = ["good a fine film", "bad not a fine film", "good not a dull film", "bad a dull film"] * 3
MODELS = {
    "cnn": lambda words: SentenceCnn(words, 8, widths=(2, 3, 4), maps=6, dropout=0.0),
    "rnn": lambda words: SentenceRnn(words, 8, hidden_dim=12, dropout=0.0),
    "bag": lambda words: SentenceBag(words, 8, pooling="sum", hidden=[32], activation="tanh", dropout=0.0),
}


@pytest.fixture
def data(tmp_path):
    def made(train=TRAIN, test=("good a fine film", "bad fine film"), **more):
        for name, texts in (("train", train), ("test", test)):
            (tmp_path / name).write_text("\n".join(texts) + "\n")
        paths = {
            key: str(tmp_path / name) for key, name in (("path", "train"), ("val_path", "test"), ("test_path", "test"))
        }
        return SentenceData(**{"seed": 1, "batch_size": 4, **paths, **more})

    return made


def task_of(data, model="cnn", max_norm=None, **more):
    torch.manual_seed(0)
    made = MODELS[model](data.sizes["vocabulary_size"]) if isinstance(model, str) else model
    protocols = {"classes": ClassAccuracy(resamples=10)}
    optimizer = more.pop("optimizer", lambda weights: torch.optim.Adam(weights, lr=0.03))
    loss = ClassSoftmax(data.sizes["num_classes"], made.output_dim, max_norm)
    return Classification(made, loss, optimizer, validation=protocols, evaluation=protocols, **more)


def trainer_of(epochs=1, **more):
    return pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, **more,
    )  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_texts_are_learned_by_heart(model, data, tmp_path):
    found = data()
    task, trainer = task_of(found, model), trainer_of(60, limit_val_batches=0)
    trainer.fit(task, datamodule=found)
    assert trainer.callback_metrics["train/loss"] < 0.1
    trainer.test(task, datamodule=found, verbose=False)
    assert task.estimates("test")["test/accuracy"].value == 0.5  # the second is bad for no reason
    texts = [numbers_of(text.split(), task.words) for text in ("not a dull film", "a dull film")]
    assert [task.classes[best] for best in task.classify(texts).argmax(1)] == ["good", "bad"]
    task.save(tmp_path)
    with np.load(tmp_path / "evaluation" / "test.npz", allow_pickle=False) as arrays:
        assert arrays["texts"].tolist() == ["a fine film", "fine film"]
        assert arrays["text_predictions"].tolist() == ["good", "good"]
        assert arrays["confusion_names"].tolist() == ["good", "bad"]


def test_evaluation_does_not_depend_on_the_batches(data, monkeypatch):
    rng = random.Random(0)
    test = [
        f"{rng.choice(['good', 'bad'])} {' '.join(rng.choices(['a', 'not', 'fine', 'x'], k=rng.randint(1, 9)))}"
        for _ in range(30)
    ]
    found, numbers = data(test=test), []
    for size in (64, 7, 1):
        monkeypatch.setattr(sentences, "EVALUATION_TEXTS", size)
        task = task_of(found)
        trainer_of().test(task, datamodule=found, verbose=False)
        numbers.append(task.estimates("test"))
    for name in ("test/accuracy", "test/macro_f1"):
        assert numbers[0][name] == numbers[1][name] == numbers[2][name]
    texts = [numbers_of(words, task.words) for words in found.words["test"]]
    given = [task.classes[best] for best in task.classify(texts).argmax(1)]
    assert numbers[0]["test/accuracy"].value == np.mean(
        [a == one.label for a, one in zip(given, found.texts["test"], strict=True)]
    )


def test_ranks_learn_what_one_would_from_the_whole_batch(data, monkeypatch):
    found = data()
    task = task_of(found).double()
    monkeypatch.setattr(task, "log", lambda *_, **__: None)
    numbered = found.numbered("train")
    batches = [TextBatch.of(numbered.texts[rows], numbered.labels[rows]) for rows in (slice(3), slice(1), slice(1, 3))]
    whole = task.training_step(batches[0], 0)
    expected = torch.autograd.grad(whole, [p for p in task.parameters() if p.requires_grad])
    monkeypatch.setattr(distributed, "gather", lambda x: torch.tensor([1.0, 2.0]))
    shares = [task.training_step(batch, 0) for batch in batches[1:]]
    torch.testing.assert_close(sum(shares) / 2, whole)
    for one, other in zip(torch.autograd.grad(sum(shares) / 2, list(task.parameters())), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_the_output_layer_keeps_its_rows_short(data):
    found = data()
    task = task_of(found, max_norm=0.3, optimizer=lambda weights: torch.optim.SGD(weights, lr=10))
    trainer_of(3).fit(task, datamodule=found)
    assert task.loss.linear.weight.norm(dim=1).max() <= 0.3 + 1e-6


def test_a_run_starts_from_the_vectors_and_says_how_many_words_have_one(data, tmp_path):
    save(WordVectors(["film", "fine", "elsewhere"], np.eye(3, 8, dtype=np.float32)), tmp_path / "v.txt")
    found = data()
    words = found.sizes["vocabulary_size"]
    task = task_of(found, SentenceCnn(words, 8, str(tmp_path / "v.txt"), ["static"], maps=3))
    trainer = trainer_of(2)
    trainer.fit(task, datamodule=found)
    weight = task.model.words.channels["static"].weight
    assert torch.equal(weight[task.words["film"]], torch.eye(3, 8)[0])
    trainer.test(task, datamodule=found, verbose=False)
    assert task.estimates("test")["test/vector_coverage"].value == pytest.approx(4 / 5)  # all but "a"


def test_a_killed_run_goes_on_bit_for_bit(tmp_path, train_until_killed):
    rng = random.Random(0)
    texts = [f"{rng.choice('xy')} {' '.join(rng.choices('abcde', k=rng.randint(1, 6)))}" for _ in range(20)]
    (tmp_path / "texts").write_text("\n".join(texts) + "\n")
    overrides = [
        "experiment=kim_cnn", "data=sentences", f"data.path={tmp_path / 'texts'}", "data.folds=4", "data.batch_size=3",
        "model.embedding_dim=4", "model.maps=3", "trainer.max_epochs=3", "trainer.enable_progress_bar=false",
        "threads=1", "+callbacks.last.every_n_train_steps=1",
    ]  # fmt: skip

    def config(directory):
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return hydra.compose("train", [o.lstrip("+") for o in overrides] + [f"run_dir={directory}"])

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    training.train(config(whole), RunDir(whole))
    train_until_killed(config(cut), RunDir(cut), step=6)
    training.train(config(cut), RunDir(cut))
    expected, got = (torch.load(run / "checkpoints/last.ckpt", weights_only=True) for run in (whole, cut))
    for name, value in expected["state_dict"].items():
        assert torch.equal(value, got["state_dict"][name]), name
    assert (whole / "metrics.json").read_text() == (cut / "metrics.json").read_text()


def test_what_does_not_go_together(data):
    found = data()
    with pytest.raises(BadInput, match="loss=TripletLoss: classifiers of texts take loss=class_softmax"):
        Classification(MODELS["cnn"](5), TripletLoss(), torch.optim.Adam)
    with pytest.raises(BadInput, match="model=Recurrent: classifiers of texts take model=sentence_cnn"):
        Classification(Recurrent(5, "lstm", 4, 4), ClassSoftmax(2, 4), torch.optim.Adam)
    task = task_of(found)
    task.protocols["test"] = {"few_shot": FewShot(ways=2, shots=1)}
    with pytest.raises(BadInput, match="evaluation has few_shot, which is none of classifiers of texts"):
        trainer_of().test(task, datamodule=found, verbose=False)
    other = task_of(found)
    checkpoint = {}
    trainer_of().test(other, datamodule=found, verbose=False)
    other.on_save_checkpoint(checkpoint)
    task.words = {"else": 0}
    with pytest.raises(BadInput, match="other words or classes than when the run began"):
        task.on_load_checkpoint(checkpoint)
