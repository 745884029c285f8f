"""Word vectors on two ranks from a file of vectors: each trains its own blocks, and what is exported is their mean."""

import random

import numpy as np

from embedlab.data.text import TextData
from embedlab.kernels.skip_gram import train_skip_gram
from embedlab.kernels.vector_tiles import zeros
from embedlab.kernels.word_random import alias_table, keep_thresholds, stream
from embedlab.randomness import mix
from embedlab.vectors import WordVectors, load, save

RANKS, PERIOD, EPOCHS, BLOCK, DIM, RATE = 2, 2, 4, 3200, 16, 0.1


def test_ranks_train_shards_and_meet_at_their_mean(embedlab, tmp_path):
    draw = random.Random(0)
    topics = [draw.choice("abcd") for _ in range(1500)]
    (tmp_path / "corpus.txt").write_text(
        "\n".join(" ".join(f"{t}{draw.randrange(10)}" for _ in range(10)) for t in topics)
    )
    corpus = TextData(str(tmp_path / "corpus.txt"), 1, cache=str(tmp_path / "other"), min_count=1).corpus
    words, counts = corpus.vocabulary.words, corpus.vocabulary.counts
    numbers = np.random.default_rng(0).uniform(-0.5 / DIM, 0.5 / DIM, (2, len(words), DIM))
    save(WordVectors(words, numbers[0], outputs=numbers[1]), tmp_path / "start.npz")
    done = embedlab(
        "train", "experiment=word2vec", "trainer=ddp_cpu", "trainer/sync=periodic", f"trainer.strategy.period={PERIOD}",
        "model.vectors=start.npz", f"model.embedding_dim={DIM}", "data.path=corpus.txt", "data.test_sets=[]",
        f"data.block_words={BLOCK}", f"trainer.max_epochs={EPOCHS}", f"task.learning_rate={RATE}", "task.subsample=0",
        "threads=1", "run_dir=run", EMBEDLAB_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    exported = load(tmp_path / "run" / "exports" / "vectors.safetensors")

    tables = [[zeros(len(words), DIM) for _ in range(2)] for _ in range(RANKS)]
    for rank in range(RANKS):
        for table, given in zip(tables[rank], numbers, strict=True):
            table[:, :DIM] = given
    bounds, total = corpus.blocks(BLOCK), len(corpus.ids)
    assert len(bounds) == 5 + 1  # and the last step of an epoch has none for rank 1
    keep, noise = keep_thresholds(counts, 0), alias_table(counts)
    for step in range(EPOCHS * 3):
        epoch, turn = divmod(step, 3)
        for rank in range(RANKS):
            if (block := turn * RANKS + rank) < 5:
                places = corpus.offsets[bounds[block : block + 2]]
                rates = RANKS * (RATE + (1e-4 - RATE) * (epoch * total + places) / (EPOCHS * total))
                train_skip_gram(
                    *tables[rank], corpus.ids, corpus.offsets, *bounds[block : block + 2], 5, 5, *rates, keep, noise,
                    stream(mix(1, epoch, rank, turn), 0), negatives_shared=True,
                )  # fmt: skip
        if (step + 1) % PERIOD == 0 or turn == 2:  # and for the checkpoint at the end of an epoch
            mean = [sum(both) / RANKS for both in zip(*tables, strict=True)]
            tables = [[table.copy() for table in mean] for _ in range(RANKS)]
    np.testing.assert_allclose(exported.vectors, tables[0][0][:, :DIM], atol=1e-5)
    np.testing.assert_allclose(exported.outputs, tables[0][1][:, :DIM], atol=1e-5)

    near = [(word, found) for word in words for found, _ in exported.most_similar(word, topn=9)]
    assert np.mean([word[0] == found[0] for word, found in near]) > 0.95
