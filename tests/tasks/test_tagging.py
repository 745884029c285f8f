"""Tagging in the frame: what is learned, evaluated and kept, whatever the batches and the ranks."""

import random

import hydra
import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from embedlab import distributed
from embedlab.batch import SentenceBatch
from embedlab.data import tagging
from embedlab.data.tagging import TaggingData
from embedlab.errors import BadInput
from embedlab.evaluation.few_shot import FewShot
from embedlab.evaluation.tagging import TagAccuracy
from embedlab.losses import TripletLoss
from embedlab.losses.tagging import Crf, TagSoftmax
from embedlab.models.tagger import Tagger
from embedlab.running import train as training
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.tasks.tagging import Tagging
from embedlab.text.lexicon import Lexicon

# A word's tag is that of the word before it in the alphabet of the first letters, so context is needed for "it".
TRAIN = ["a/X it/Y", "b/Z it/W", "a/X b/Z it/W it/W", "b/Z a/X it/Y"]


def write(path, sentences):
    path.write_text("\n\n".join("\n".join(s.replace("/", "\t").split(" ")) for s in sentences) + "\n")
    return str(path)


@pytest.fixture
def data(tmp_path):
    def made(train=TRAIN, test=("a/X it/Y", "b/Z it/X"), **more):
        paths = write(tmp_path / "train", train), write(tmp_path / "test", test)
        return TaggingData(paths[0], paths[1], paths[1], **{"seed": 1, "min_count": 1, "batch_size": 2} | more)

    return made


def task_of(data, loss=TagSoftmax, **more):
    torch.manual_seed(0)
    sizes = data.sizes
    model = Tagger(
        sizes["vocabulary_size"], sizes["alphabet_size"], 8, character_features=4, hidden_dim=12, dropout=0.0
    )
    protocols = {"tags": TagAccuracy(resamples=10)}
    optimizer = more.pop("optimizer", lambda weights: torch.optim.Adam(weights, lr=0.02))
    return Tagging(model, loss(sizes["tags"], 12), optimizer, validation=protocols, evaluation=protocols, **more)


def trainer_of(epochs=1):
    return pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip


@pytest.mark.parametrize("loss", [TagSoftmax, Crf])
def test_what_a_sentence_says_is_learned(data, loss, tmp_path):
    found = data()
    task, trainer = task_of(found, loss), trainer_of(25)
    trainer.fit(task, datamodule=found)
    assert trainer.callback_metrics["train/loss"] < 0.1
    trainer.test(task, datamodule=found, verbose=False)
    assert task.estimates("test")["test/accuracy"].value == 0.75  # "it" after b is W, and not X
    assert list(task.tag([["b", "it"], ["a", "it"]])) == [["Z", "W"], ["X", "Y"]]
    task.save(tmp_path)
    assert (tmp_path / "evaluation" / "test.conll").read_text() == "a\tX\tX\nit\tY\tY\n\nb\tZ\tZ\nit\tX\tW\n"
    with np.load(tmp_path / "evaluation" / "test.npz", allow_pickle=False) as arrays:
        assert dict(zip(arrays["tag_names"], arrays["tag_counts"], strict=True)) == {"X": 2, "Y": 1, "Z": 1, "W": 0}


def test_evaluation_does_not_depend_on_the_batches(data, monkeypatch):
    rng = random.Random(0)
    test = [
        " ".join(f"{rng.choice('abcdefg')}/{rng.choice('XYZW')}" for _ in range(rng.randint(1, 9))) for _ in range(30)
    ]
    found, numbers = data(test=test), []
    for size in (64, 7, 1):
        monkeypatch.setattr(tagging, "EVALUATION_SENTENCES", size)
        task = task_of(found, Crf)
        trainer_of().test(task, datamodule=found, verbose=False)
        numbers.append(task.estimates("test"))
    assert numbers[0] == numbers[1] == numbers[2]
    words = [tag for sentence in found.sentences["test"] for tag in sentence.tags]
    tags = [tag for tags in task.tag([sentence.words for sentence in found.sentences["test"]]) for tag in tags]
    assert numbers[0]["test/accuracy"].value == sum(map(str.__eq__, words, tags)) / len(words)


@pytest.mark.parametrize("loss", [TagSoftmax, Crf])
def test_ranks_learn_what_one_would_from_the_whole_batch(data, loss, monkeypatch):
    found = data()
    task = task_of(found, loss).double()
    monkeypatch.setattr(task, "log", lambda *_, **__: None)
    chosen = found.sentences["train"][:3]
    batches = [
        SentenceBatch.of(found.lexicon, [s.words for s in part], [s.tags for s in part])
        for part in (chosen, chosen[:1], chosen[1:])
    ]
    whole = task.training_step(batches[0], 0)
    expected = torch.autograd.grad(whole, list(task.parameters()))
    counts = torch.stack([batch.lengths.sum() for batch in batches[1:]])
    monkeypatch.setattr(distributed, "gather", lambda x: counts)
    shares = [task.training_step(batch, 0) for batch in batches[1:]]
    torch.testing.assert_close(sum(shares) / 2, whole, rtol=1e-6, atol=0)  # words are counted in float32
    for one, other in zip(torch.autograd.grad(sum(shares) / 2, list(task.parameters())), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-12)


def test_a_killed_run_goes_on_bit_for_bit(tmp_path, train_until_killed):
    rng = random.Random(0)
    sentences = [
        " ".join(f"{rng.choice('abcde')}/{rng.choice('XY')}" for _ in range(rng.randint(1, 6))) for _ in range(20)
    ]
    file = write(tmp_path / "train.conll", sentences)

    def composed(directory):
        overrides = [
            "experiment=tagging_pos", f"data.path={file}", f"data.val_path={file}", f"data.test_path={file}",
            "data.batch_size=4", "loss=crf", "model.hidden_dim=8", "model.embedding_dim=8", "trainer.max_epochs=3",
            "threads=1", "callbacks.last.every_n_train_steps=3", "trainer.enable_progress_bar=false",
        ]  # fmt: skip
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return hydra.compose("train", [*overrides, f"run_dir={tmp_path / directory}"])

    training.train(composed("whole"), RunDir(tmp_path / "whole"))
    train_until_killed(composed("cut"), RunDir(tmp_path / "cut"), step=8)
    training.train(composed("cut"), RunDir(tmp_path / "cut"))
    whole, cut = (torch.load(RunDir(tmp_path / name).last_checkpoint, weights_only=True) for name in ("whole", "cut"))
    assert whole["global_step"] == cut["global_step"] == 15
    assert all(torch.equal(value, cut["state_dict"][name]) for name, value in whole["state_dict"].items())
    assert Lexicon.from_state(cut["lexicon"]).tags == ["X", "Y"] or cut["lexicon"]["tags"] == ["Y", "X"]
    metrics = [RunDir(tmp_path / name).read_json("metrics.json") for name in ("whole", "cut")]
    assert metrics[0] == metrics[1]


def test_what_does_not_go_together_is_said(data):
    found = data()
    model, loss = Tagger(9, 9, hidden_dim=12), TagSoftmax(["X", "Y"], 12)
    with pytest.raises(BadInput, match="loss=TripletLoss: taggers take loss=crf or tag_softmax"):
        Tagging(model, TripletLoss(), torch.optim.SGD)
    with pytest.raises(BadInput, match="model=Linear: taggers take model=tagger"):
        Tagging(nn.Linear(2, 2), loss, torch.optim.SGD)
    task = task_of(found)
    task.lexicon = found.lexicon
    with pytest.raises(BadInput, match="other words or tags than when the run began"):
        task.on_load_checkpoint({"lexicon": found.lexicon.state() | {"tags": ["X"]}})
    task.protocols["test"] = {"few_shot": FewShot()}
    with pytest.raises(BadInput, match="evaluation has few_shot, which is none of taggers: take evaluation=tags"):
        trainer_of().test(task, datamodule=found, verbose=False)
