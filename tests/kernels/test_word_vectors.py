"""All kernels that train word vectors, against the plain loops of `reference` with the same random stream."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from embedlab.kernels import reference
from embedlab.kernels.cbow import train_cbow
from embedlab.kernels.fasttext import train_fasttext_cbow, train_fasttext_skip_gram
from embedlab.kernels.hierarchical_softmax import path_targets, train_cbow_on_paths, train_skip_gram_on_paths
from embedlab.kernels.parallel import run_blocks
from embedlab.kernels.skip_gram import train_skip_gram
from embedlab.kernels.vector_tiles import zeros
from embedlab.kernels.word_random import alias_table, keep_thresholds, stream

WORDS, SUBWORDS = 60, 90

KERNELS = {
    "skip-gram": (train_skip_gram, reference.train_skip_gram),
    "skip-gram, shared": (
        partial(train_skip_gram, negatives_shared=True), partial(reference.train_skip_gram, negatives_shared=True),
    ),
    "cbow": (train_cbow, reference.train_cbow),
    "cbow, sum": (partial(train_cbow, mean=False), partial(reference.train_cbow, mean=False)),
    "skip-gram, paths": (train_skip_gram_on_paths, reference.train_skip_gram_on_paths),
    "cbow, paths": (train_cbow_on_paths, reference.train_cbow_on_paths),
    "cbow, paths, sum": (partial(train_cbow_on_paths, mean=False), partial(reference.train_cbow_on_paths, mean=False)),
    "fasttext skip-gram": (train_fasttext_skip_gram, reference.train_fasttext_skip_gram),
    "fasttext cbow": (train_fasttext_cbow, reference.train_fasttext_cbow),
}  # fmt: skip


def corpus(dim=20):
    """Text of which word 2 i is followed by 2 i + 1; tables, and what else the kernels are given."""
    draw = np.random.default_rng(0)
    counts = np.maximum(2000 // np.arange(1, WORDS // 2 + 1), 1)
    first = draw.choice(WORDS // 2, 1500, p=counts / counts.sum())
    ids = np.stack([2 * first, 2 * first + 1], 1).reshape(-1).astype(np.int32)
    offsets = np.unique(np.concatenate([[0, 1, len(ids)], draw.integers(0, len(ids), 150)])).astype(np.int64)
    counts = np.bincount(ids, minlength=WORDS)
    lengths = draw.integers(1, 12, WORDS)  # paths of more than eight nodes are trained in two steps
    ends = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
    inputs, outputs = zeros(SUBWORDS, dim), zeros(WORDS, dim)
    for table in (inputs, outputs):
        table[:, :dim] = draw.normal(size=(len(table), dim)) * 0.3
    return {
        "inputs": inputs, "outputs": outputs, "ids": ids, "offsets": offsets,
        "keep": keep_thresholds(np.maximum(counts, 1), 0.02), "noise": alias_table(counts),
        "paths": path_targets(draw.integers(0, WORDS, ends[-1]), draw.integers(0, 2, ends[-1])), "path_offsets": ends,
        "subwords": draw.integers(0, SUBWORDS, ends[-1]).astype(np.int32), "subword_offsets": ends,
    }  # fmt: skip


def trained(name, which, negatives=5, first=0, last=None, rates=(0.1, 0.01), seed=7, window=4, given=None):
    """Tables, number of examples and loss after the sentences; ``which`` 0 for the kernel, 1 for the plain loops."""
    c = given or corpus()
    shared = c["ids"], c["offsets"], first, len(c["offsets"]) - 1 if last is None else last, window
    start = stream(seed, 0)
    if "paths" in name:
        rest = c["paths"], c["path_offsets"], *rates, c["keep"], start
    else:
        rest = negatives, *rates, c["keep"], c["noise"], start
    if "fasttext" in name:
        rest += c["subwords"], c["subword_offsets"]
    count, loss = KERNELS[name][which](c["inputs"], c["outputs"], *shared, *rest)
    return c["inputs"], c["outputs"], count, loss


@pytest.mark.parametrize("name", KERNELS)
def test_equals_the_plain_loops(name):
    before = corpus()
    ours, plain = trained(name, 0), trained(name, 1)
    np.testing.assert_allclose(ours[0], plain[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours[1], plain[1], rtol=1e-5, atol=1e-5)
    assert ours[2] == plain[2] > 500
    assert ours[3] == pytest.approx(plain[3], rel=1e-5)
    assert np.abs(ours[0] - before["inputs"]).max() > 0.1
    assert np.abs(ours[1] - before["outputs"]).max() > 0.1


@pytest.mark.parametrize("name", [name for name in KERNELS if "paths" not in name])
@pytest.mark.parametrize("negatives", [1, 7, 15])
def test_any_number_of_negatives(name, negatives):
    ours, plain = (trained(name, which, negatives, last=40) for which in (0, 1))
    for mine, theirs in zip(ours[:2], plain[:2], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert ours[3] == pytest.approx(plain[3], rel=1e-5)


@pytest.mark.parametrize("name", KERNELS)
def test_blocks_that_are_empty_or_hold_one_word(name):
    given = corpus()
    before = given["inputs"].copy(), given["outputs"].copy()
    for first, last in ((3, 3), (0, 1)):  # the first sentence is of one word
        inputs, outputs, count, loss = trained(name, 0, first=first, last=last, given=given)
        assert (count, loss) == (0, 0)
    np.testing.assert_array_equal(inputs, before[0])
    np.testing.assert_array_equal(outputs, before[1])


@pytest.mark.parametrize("name", KERNELS)
def test_the_loss_falls_and_sees_nan(name):
    given = corpus()
    losses = [trained(name, 0, rates=(0.05, 0.05), seed=seed, given=given)[3] for seed in range(8)]
    assert losses[-1] < 0.96 * losses[0]
    given["outputs"][0, 3] = np.nan
    given["outputs"][1, 3] = np.nan
    assert np.isnan(trained(name, 0, given=given)[3])


def test_what_follows_a_word_is_what_it_predicts():
    given = corpus()
    for seed in range(30):
        trained("skip-gram, shared", 0, rates=(0.05, 0.05), seed=seed, window=1, given=given)
    inputs, outputs = given["inputs"][:40:2], given["outputs"][1:40:2]
    assert ((inputs @ outputs.T).argmax(1) == np.arange(20)).mean() > 0.9


@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_on_threads(threads):
    """One thread gives the same each time; two train as well, for all that they may overwrite each other's changes."""

    def run():
        given = corpus()
        bounds = np.linspace(0, len(given["offsets"]) - 1, 12).astype(int)

        def train(block, first, last):
            return trained("skip-gram", 0, first=first, last=last, rates=(0.05, 0.05), seed=block, given=given)[2:]

        return given["inputs"], [run_blocks(train, bounds, threads) for _ in range(6)]

    (inputs, results), (again, others) = run(), run()
    assert [count for count, _ in results] == [count for count, _ in others]
    assert results[-1][1] < 0.95 * results[0][1]
    if threads == 1:
        np.testing.assert_array_equal(inputs, again)
        assert results == others
    else:
        assert results[-1][1] == pytest.approx(others[-1][1], rel=0.05)


PROGRAM = """
import sys, warnings
warnings.simplefilter("error")
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_word_vectors as tests
from embedlab.kernels import cbow, skip_gram
tables = [tests.trained(name, 0)[:2] for name in ("skip-gram, shared", "cbow")]
print(sum(skip_gram._shared_negatives.stats.cache_misses.values()), sum(cbow._train.stats.cache_misses.values()))
np.save(sys.argv[2], np.stack([table[0] for table in tables]))
"""


def in_a_process(folder, **environment):
    """Compiles and runs in a fresh process, whose warnings are errors; compilations, and the tables."""
    result = folder / "tables.npy"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, os.path.dirname(__file__), result],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip(), np.load(result)


@pytest.mark.parametrize("processor", [("haswell", "+avx2,+fma"), ("generic", "")])
def test_on_processors_without_vectors_of_sixteen(processor, tmp_path):
    """With AVX2, and with SSE2 alone; then once more from the compiled code on disk."""
    name, features = processor
    environment = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    compilations, tables = in_a_process(tmp_path, **environment)
    assert compilations == "1 1"
    np.testing.assert_allclose(tables, [trained(kind, 0)[0] for kind in ("skip-gram, shared", "cbow")], atol=1e-5)
    if name == "haswell":
        again, same = in_a_process(tmp_path, **environment)
        assert again == "0 0"
        np.testing.assert_array_equal(same, tables)
