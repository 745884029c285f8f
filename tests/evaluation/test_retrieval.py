import numpy as np
import pytest
import torch
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from torchmetrics.functional.retrieval import retrieval_average_precision, retrieval_r_precision

from embedlab.evaluation import Estimate, EvaluationSet, Retrieval
from embedlab.evaluation import retrieval as module
from embedlab.evaluation.intervals import mean_interval


def clustered(seed, sizes, dim=6, spread=0.7):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centers = rng.normal(size=(len(sizes), dim))
    embeddings = centers[labels] + spread * rng.normal(size=(len(labels), dim))
    return EvaluationSet(embeddings.astype(np.float32), labels)


def brute_force(queries, gallery, ks):
    """Per query, in plain loops and float64: hits at each k, R-precision, AP@R; NaN where there is nothing to find."""
    scores = []
    for i, (x, label) in enumerate(zip(queries.embeddings, queries.labels, strict=True)):
        d = np.square(gallery.embeddings.astype(np.float64) - x.astype(np.float64)).sum(1)
        order = [j for j in np.argsort(d, kind="stable") if not (gallery is queries and j == i)]
        hits = [gallery.labels[j] == label for j in order]
        r = sum(hits)
        if r == 0:
            scores.append([np.nan] * (len(ks) + 2))
            continue
        average = sum(sum(hits[: n + 1]) / (n + 1) for n in range(r) if hits[n]) / r
        scores.append([*(any(hits[:k]) for k in ks), sum(hits[:r]) / r, average])
    return np.array(scores, float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("block", [7, 1024])
def test_leave_one_out_equals_brute_force(seed, block, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", block)
    data = clustered(seed, [1, 2, 3, 5, 8, 13, 1, 20])
    ks = (1, 4, 9)
    scores = brute_force(data, data, ks)
    counted = ~np.isnan(scores[:, 0])
    result = Retrieval(ks)(data)
    assert (result.queries, result.excluded) == (51, 2)
    names = ["recall_at_1", "recall_at_4", "recall_at_9", "r_precision", "map_at_r"]
    assert list(result.metrics()) == names
    for name, column in zip(names, scores.T, strict=True):
        wanted = mean_interval(column[counted], data.labels[counted])
        got = result.metrics()[name]
        assert (got.value, got.low, got.high) == pytest.approx((wanted.value, wanted.low, wanted.high), abs=1e-12)


def test_query_against_gallery_equals_brute_force():
    both = clustered(5, [6] * 10)
    queries = EvaluationSet(both.embeddings[:20], both.labels[:20])
    gallery = EvaluationSet(both.embeddings[20:], np.where(both.labels[20:] == both.labels[0], 99, both.labels[20:]))
    scores = brute_force(queries, gallery, (1, 3))
    result = Retrieval((1, 3))(queries, gallery)
    assert result.excluded == np.isnan(scores[:, 0]).sum() == (queries.labels == both.labels[0]).sum()
    values = [estimate.value for estimate in result.metrics().values()]
    np.testing.assert_allclose(values, np.nanmean(scores, axis=0), atol=1e-12)


def test_equals_the_peers():
    """pytorch-metric-learning for all three; torchmetrics for the R-precision and average precision of each query."""
    data = clustered(1, [9] * 12, spread=1.0)
    x, labels = torch.from_numpy(data.embeddings), torch.from_numpy(data.labels)

    def nearest(query, k, reference, same_source):
        d = torch.cdist(query.double(), reference.double()).fill_diagonal_(torch.inf)
        return d.topk(k, largest=False)

    peer = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"),
        knn_func=nearest,
        device=torch.device("cpu"),
        k="max_bin_count",
    ).get_accuracy(x, labels)
    got = Retrieval((1,))(data)
    assert got.recall[1].value == pytest.approx(peer["precision_at_1"], abs=1e-12)
    assert got.r_precision.value == pytest.approx(peer["r_precision"], abs=1e-12)
    assert got.map_at_r.value == pytest.approx(peer["mean_average_precision_at_r"], abs=1e-12)

    scores = 1 / (1 + torch.cdist(x, x))
    precisions, averages = [], []
    for i, row in enumerate(scores):
        others = torch.arange(len(x)) != i
        relevant, row = labels[others] == labels[i], row[others]
        precisions.append(float(retrieval_r_precision(row, relevant)))
        top = row.topk(8)  # torchmetrics divides by the hits found, MAP@R by R = 8
        hits = relevant[top.indices]
        averages.append(float(retrieval_average_precision(top.values, hits)) * float(hits.sum()) / 8)
    assert got.r_precision.value == pytest.approx(np.mean(precisions), abs=1e-6)
    assert got.map_at_r.value == pytest.approx(np.mean(averages), abs=1e-6)


def test_separated_classes_are_perfect():
    labels = np.repeat(np.arange(5), 4)
    result = Retrieval((1, 50))(EvaluationSet(np.eye(5, dtype=np.float32)[labels], labels))
    assert set(result.metrics().values()) == {Estimate(1.0, 1.0, 1.0)}


def test_one_class_has_no_interval():
    data = EvaluationSet(np.random.default_rng(0).random((6, 2), np.float32), np.zeros(6, int))
    assert set(Retrieval()(data).metrics().values()) == {Estimate(1.0)}


def test_all_duplicates_rank_by_row():
    """All are equally near, so each finds rows 0 and 1; row 0 finds 1 and 2, row 1 finds 0 and 2."""
    data = EvaluationSet(np.ones((8, 3), np.float32), np.array([0, 1] * 4))
    result = Retrieval((1, 2))(data)
    assert result.recall[1].value == 3 / 8  # of class 0 all but row 0
    assert result.recall[2].value == 7 / 8  # all but row 1


def test_a_gallery_of_over_100_000():
    """55,000 classes of two copies of one point: everything is found; memory is tested with the index."""
    labels = np.repeat(np.arange(55_000), 2)
    embeddings = np.random.default_rng(0).normal(size=(55_000, 4)).astype(np.float32)[labels]
    data, asked = EvaluationSet(embeddings, labels), EvaluationSet(embeddings[:300], labels[:300])
    result = Retrieval((1, 2))(asked, gallery=data)
    assert [estimate.value for estimate in result.metrics().values()] == [1.0] * 4
    # The same points under the labels of their neighbours' classes: the right two come after the wrong two.
    moved = EvaluationSet(embeddings[:300], (labels[:300] + 1) % 150)
    assert Retrieval((2,))(moved, gallery=data).recall[2].value == 0.0


@pytest.mark.parametrize("ks", [(), (0, 1)])
def test_bad_ks(ks):
    with pytest.raises(ValueError, match=r"evaluation\.retrieval\.ks"):
        Retrieval(ks)


def test_nothing_to_find():
    with pytest.raises(ValueError, match="nothing to find"):
        Retrieval()(EvaluationSet(np.eye(3, dtype=np.float32), np.arange(3)))
