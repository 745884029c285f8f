"""Word vectors in the frame: the same as by the kernel alone, resumed bit for bit, and good for what they are for."""

import random
from pathlib import Path

import hydra
import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from embedlab import distributed
from embedlab.data.text import TextData
from embedlab.errors import BadInput
from embedlab.kernels import reference
from embedlab.kernels.skip_gram import train_skip_gram
from embedlab.kernels.word_random import alias_table, keep_thresholds, stream
from embedlab.losses import TripletLoss
from embedlab.losses.counting import Counting
from embedlab.losses.full_softmax import FullSoftmax
from embedlab.losses.glove import GloveLoss
from embedlab.losses.words import HierarchicalSoftmax, NegativeSampling
from embedlab.models.adagram import AdaGram
from embedlab.models.counts import Counts
from embedlab.models.glove import Glove
from embedlab.models.words import Cbow, SkipGram
from embedlab.randomness import mix
from embedlab.running import train as training
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.tasks.word_vectors import WordVectors
from embedlab.vectors import load

TOPICS, EACH = 4, 10
SUBWORDS = {"minn": 3, "maxn": 4, "bucket": 500}


@pytest.fixture
def corpus(tmp_path):
    """Sentences of ten words of one topic: ``a0`` to ``a9``, ``b0`` and so on."""
    draw = random.Random(0)
    topics = [draw.choice("abcd") for _ in range(1500)]
    lines = [" ".join(f"{topic}{draw.randrange(EACH)}" for _ in range(10)) for topic in topics]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))
    return tmp_path / "corpus.txt"


def data_of(corpus, **more):
    return TextData(str(corpus), seed=3, block_words=4000, cache=str(corpus.parent / "cache"), min_count=1, **more)


def fit(task, data, epochs, **more):
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, **more,
    )  # fmt: skip
    trainer.fit(task, datamodule=data)
    return trainer


def own_topic(vectors):
    """How many of each word's nine nearest are of its topic: 1 at best, 0.23 by chance."""
    near = [(word, found) for word in vectors.index_to_key for found, _ in vectors.most_similar(word, topn=EACH - 1)]
    return np.mean([word[0] == found[0] for word, found in near])


def test_a_run_is_the_kernel_over_the_blocks(corpus):
    data, epochs = data_of(corpus), 2
    text = data.corpus
    counts = text.vocabulary.counts
    torch.manual_seed(0)
    model = SkipGram(len(counts), embedding_dim=20, window=3)
    inputs, outputs = (table.copy() for table in model.tables)
    assert np.abs(inputs).max() == pytest.approx(1 / 40, rel=0.05)
    assert inputs.shape == (TOPICS * EACH, 32)
    task = WordVectors(model, NegativeSampling(4), 0.05, 0.001, subsample=0.01, threads=1)
    trainer = fit(task, data, epochs)
    assert trainer.global_step == 2 * 4  # 15,000 words in blocks of 4000

    words, last = len(text.ids), len(text)
    for epoch in range(epochs):
        for step in range(4):
            first, end = (min(np.searchsorted(text.offsets, 4000 * k), last) for k in (step, step + 1))
            rates = [0.05 - 0.049 * (epoch * words + text.offsets[k]) / (epochs * words) for k in (first, end)]
            train_skip_gram(
                inputs, outputs, text.ids, text.offsets, first, end, 3, 4, *rates, keep_thresholds(counts, 0.01),
                alias_table(counts), stream(mix(3, epoch, 0, step), 0), negatives_shared=True,
            )  # fmt: skip
    for expected, got in zip((inputs, outputs), model.tables, strict=True):
        assert np.array_equal(expected, got)
        assert expected.any()
        assert not expected[:, 20:].any()


def test_a_run_of_glove_is_passes_over_the_cells(corpus):
    data = data_of(corpus)
    torch.manual_seed(0)
    model = Glove(TOPICS * EACH, embedding_dim=8, window=3)
    tables, squares = ([table.astype(np.float64) for table in half] for half in (model.tables[:4], model.tables[4:]))
    fit(WordVectors(model, GloveLoss(10.0), 0.05, 0.05, subsample=0, threads=1), data, epochs=2)
    rows, columns, values = data.corpus.cooccurrence(3, by_distance=True)
    for _ in range(2):
        reference.train_glove(*tables, squares, rows, columns, values, rate=0.05, x_max=10.0)
    for got, plain in zip(model.tables, (*tables, *squares), strict=True):
        np.testing.assert_allclose(got, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [
    {"weighting": "raw"}, {"weighting": "tfidf"}, {"weighting": "ppmi"}, {"weighting": "ppmi", "dimension": 8},
])  # fmt: skip
def test_counted_neighbours_are_of_the_same_topic(options, corpus, tmp_path):
    task = WordVectors(Counts(TOPICS * EACH, **options), Counting(), subsample=0, threads=2)
    trainer = fit(task, data_of(corpus), epochs=1)
    assert own_topic(task.vectors()) > 0.95
    assert task.vectors().is_sparse == ("dimension" not in options)
    assert 0 <= float(trainer.callback_metrics["train/loss"]) < 1
    task.save(tmp_path)
    saved = load(tmp_path / "exports" / "vectors.safetensors")
    assert np.array_equal(saved["a1"], task.vectors()["a1"])
    assert saved.training["weighting"] == options["weighting"]


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (SkipGram, NegativeSampling()), (SkipGram, NegativeSampling(shared=False)), (SkipGram, HierarchicalSoftmax()),
        (Cbow, NegativeSampling()), (Cbow, HierarchicalSoftmax()), (Glove, GloveLoss()),
    ],
)  # fmt: skip
def test_neighbours_are_of_the_same_topic(model, loss, corpus):
    torch.manual_seed(0)
    data = data_of(corpus)
    task = WordVectors(model(TOPICS * EACH, embedding_dim=16), loss, 0.1, subsample=0, threads=2)
    fit(task, data, epochs=4)
    assert own_topic(task.vectors()) > 0.95


@pytest.mark.parametrize(
    ("model", "loss", "precision"),
    [
        (SkipGram, NegativeSampling(), "32-true"), (SkipGram, NegativeSampling(), "bf16-mixed"),
        (SkipGram, NegativeSampling(), "bf16-true"), (SkipGram, FullSoftmax(), "bf16-true"),
        (SkipGram, FullSoftmax(), "32-true"), (Cbow, NegativeSampling(), "32-true"), (Cbow, FullSoftmax(), "32-true"),
    ],
)  # fmt: skip
def test_pytorch_finds_them_too_and_repeats(model, loss, precision, corpus):
    found = []
    for epochs in (4, 1, 1) if precision == "32-true" else (4,):
        torch.manual_seed(0)
        kernel = None if isinstance(loss, FullSoftmax) else "torch"
        task = WordVectors(model(TOPICS * EACH, embedding_dim=16), loss, 0.1, subsample=0, threads=1, kernel=kernel)
        fit(task, data_of(corpus), epochs, precision=precision)
        assert task.model.inputs.dtype == (torch.bfloat16 if precision == "bf16-true" else torch.float32)
        found.append(task.vectors())
    assert own_topic(found[0]) > 0.95
    if len(found) > 1:
        assert np.array_equal(found[1].vectors, found[2].vectors)


@pytest.mark.parametrize("model", [SkipGram, Cbow])
def test_subwords_are_exported_as_fasttext_has_them(model, corpus, tmp_path):
    torch.manual_seed(0)
    task = WordVectors(
        model(TOPICS * EACH, embedding_dim=16, subwords=SUBWORDS), NegativeSampling(shared=False), 0.1,
        subsample=0, threads=1,
    )  # fmt: skip
    fit(task, data_of(corpus), epochs=4)
    task.save(tmp_path)
    vectors = load(tmp_path / "exports" / "vectors.bin")
    assert np.array_equal(vectors.vectors, task.vectors().vectors)
    assert own_topic(vectors) > 0.9
    assert vectors.training["architecture"] == model.name
    assert vectors["a33"].shape == (16,)  # unseen


def test_evaluation_is_of_the_sets_there_are(corpus, tmp_path, caplog):
    (tmp_path / "mine.txt").write_text("a1 a2 9\na3 a4 8\nb1 b2 7\na1 b1 2\nc1 a2 1\nd3 b2 0\n")
    mine = str(tmp_path / "mine.txt")
    data = data_of(corpus, val_sets=[mine], test_sets=["ws353", mine], sets_root=str(tmp_path / "none"))
    task = WordVectors(SkipGram(TOPICS * EACH, 16), NegativeSampling(), 0.1, subsample=0, threads=1)
    trainer = fit(task, data, epochs=4)
    trainer.test(task, datamodule=data, verbose=False)
    found = task.estimates("test")
    assert found["test/mine_spearman"].value > 0.7  # 0.88 if the three of one topic come before the others
    assert found["test/mine_coverage"].value == 1
    assert set(found) == {"test/mine_spearman", "test/mine_coverage"}
    assert task.estimates("val")["val/mine_spearman"].value == found["test/mine_spearman"].value
    assert len([r for r in caplog.records if "ws353: not in" in r.getMessage()]) == 1


@pytest.fixture
def ambiguous(tmp_path):
    """Sentences of four topics; in those of ``a`` (seven in ten) and ``b`` a word is ``both`` now and then."""
    draw = random.Random(1)
    lines = []
    for _ in range(3000):
        topic = draw.choices("abcd", [35, 15, 25, 25])[0]
        words = [f"{topic}{draw.randrange(EACH)}" for _ in range(10)]
        if topic in "ab":
            words[draw.randrange(10)] = "both"
        lines.append(" ".join(words))
    (tmp_path / "corpus.txt").write_text("\n".join(lines))
    return tmp_path / "corpus.txt"


def test_two_senses_are_told_apart(ambiguous, tmp_path, caplog):
    torch.manual_seed(0)
    draw = random.Random(2)
    rows = ["word\tgold_sense_id\tpositions\tcontext"]
    for topic in "ab" * 20:
        words = [f"{topic}{draw.randrange(EACH)}" for _ in range(8)]
        rows.append(f"both.n\t{topic}\t12-16\t{' '.join(words[:4])} BOTH {' '.join(words[4:])}")
    sets = [str(tmp_path / "senses.csv"), str(tmp_path / "more.csv")]
    for path in sets:
        Path(path).write_text("\n".join(rows))
    data = data_of(ambiguous, test_sets=sets)
    task = WordVectors(
        AdaGram(len(data.corpus.vocabulary), 16, senses=4), HierarchicalSoftmax(), 0.05, subsample=0, threads=1
    )
    fit(task, data, epochs=5).test(task, datamodule=data, verbose=False)
    vectors = task.vectors()
    pi = vectors.expected_pi("both")
    assert sorted(pi, reverse=True)[:2] == pytest.approx([0.7, 0.3], abs=0.1)
    assert vectors.sense_counts.sum(1) == pytest.approx(data.corpus.vocabulary.counts)
    assert all(len(vectors.senses_of(f"{topic}{k}")) == 1 for topic in "abcd" for k in range(EACH))
    often, seldom = np.argsort(-pi)[:2]
    for topic, sense in (("a", often), ("b", seldom)):
        assert vectors.disambiguate("both", [f"{topic}{k}" for k in (2, 5, 7)])[sense] > 0.95
        near = vectors.by_sense.most_similar(f"both ({sense + 1})", topn=5)
        assert [name[0] for name, _ in near] == [topic] * 5
    found = task.estimates("test")
    assert found["test/senses_ari"].value > 0.9
    assert found["test/senses_coverage"].value == 1

    task.save(tmp_path)
    read = load(tmp_path / "exports" / "vectors.safetensors")
    np.testing.assert_array_equal(read.senses, vectors.senses)
    assert read.training["architecture"] == "adagram"

    task = WordVectors(SkipGram(len(data.corpus.vocabulary), 4), NegativeSampling())
    pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False).test(task, datamodule=data, verbose=False)
    assert task.estimates("test") == {}
    (said,) = (r.getMessage() for r in caplog.records if "left out" in r.getMessage())
    assert said == "senses, more: left out, these vectors are one a word; those of experiment=adagram have senses"


@pytest.mark.parametrize("experiment", ["word2vec", "glove", "adagram"])
def test_a_killed_run_goes_on_bit_for_bit(experiment, corpus, tmp_path, train_until_killed):
    def composed(directory):
        overrides = [
            f"experiment={experiment}", f"data.path={corpus}", f"data.cache={tmp_path}/cache", "data.block_words=4000",
            "data.test_sets=[]", "model.embedding_dim=16", "trainer.max_epochs=3", "threads=1",
            "callbacks.last.every_n_train_steps=2", "trainer.enable_progress_bar=false",
        ]  # fmt: skip
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return hydra.compose("train", [*overrides, f"run_dir={tmp_path / directory}"])

    training.train(composed("whole"), RunDir(tmp_path / "whole"))
    # inside the second epoch of four blocks, after a checkpoint at 6
    train_until_killed(composed("cut"), RunDir(tmp_path / "cut"), step=7)
    assert torch.load(RunDir(tmp_path / "cut").last_checkpoint, weights_only=True)["global_step"] == 6
    training.train(composed("cut"), RunDir(tmp_path / "cut"))
    whole, cut = (load(tmp_path / name / "exports" / "vectors.safetensors") for name in ("whole", "cut"))
    assert np.array_equal(whole.vectors, cut.vectors)
    whole, cut = (
        torch.load(RunDir(tmp_path / name).last_checkpoint, weights_only=True)["state_dict"]
        for name in ("whole", "cut")
    )
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert whole["model.contexts_squares" if experiment == "glove" else "model.outputs"].any()
    assert experiment != "adagram" or whole["model.sense_counts"][:, 1].any()


def test_what_does_not_go_together_is_said(corpus, monkeypatch):
    model = SkipGram(TOPICS * EACH, 16)
    with pytest.raises(BadInput, match="loss=TripletLoss: word vectors take loss=negative_sampling"):
        WordVectors(model, TripletLoss())
    with pytest.raises(BadInput, match="word vectors take loss=hierarchical_softmax with AdaGram"):
        WordVectors(AdaGram(TOPICS * EACH, 16), NegativeSampling())
    with pytest.raises(BadInput, match=r"model\.alpha=0"):
        AdaGram(TOPICS * EACH, 16, alpha=0)
    with pytest.raises(BadInput, match="model=Linear: word vectors take model=skip_gram"):
        WordVectors(torch.nn.Linear(2, 2), NegativeSampling())
    for other, loss, said in (
        (Glove(9), NegativeSampling(), "loss=negative_sampling: word vectors take loss=glove with Glove"),
        (Counts(9), GloveLoss(), "loss=glove: word vectors take loss=counting with Counts"),
        (Cbow(9), Counting(), "loss=counting: word vectors take loss=negative_sampling"),
    ):
        with pytest.raises(BadInput, match=said):
            WordVectors(other, loss)
    with pytest.raises(BadInput, match=r"take task.subsample=0"):
        fit(WordVectors(Counts(TOPICS * EACH), Counting(), subsample=1e-4), data_of(corpus), epochs=1)
    with pytest.raises(BadInput, match="retrieval, which is none of word vectors: take evaluation=words"):
        WordVectors(model, NegativeSampling(), evaluation={"retrieval": None})
    for subwords, loss, said in (
        (SUBWORDS, NegativeSampling(), "take loss.shared=false"),
        (SUBWORDS, HierarchicalSoftmax(), "not with model.subwords"),
    ):
        with pytest.raises(BadInput, match=said):
            fit(WordVectors(SkipGram(TOPICS * EACH, 16, subwords=subwords), loss), data_of(corpus), epochs=1)
    with pytest.raises(BadInput, match=r"task\.kernel=cuda: there are compiled and torch"):
        WordVectors(model, NegativeSampling(), kernel="cuda")
    with pytest.raises(BadInput, match=r"take trainer=cpu trainer\.precision=32-true, or task\.kernel=torch"):
        fit(WordVectors(model, NegativeSampling()), data_of(corpus), 1, precision="bf16-true")
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    with pytest.raises(BadInput, match=r"take trainer/sync=periodic$"):
        fit(WordVectors(model, NegativeSampling()), data_of(corpus), 1)
    with pytest.raises(BadInput, match="ranks: 1 when the run began, 2 now"):
        WordVectors(model, NegativeSampling()).on_load_checkpoint({"ranks": 1})
