import numpy as np
import pytest
import torch

from embedlab import distributed
from embedlab.data.samplers import (
    BatchSampler,
    ClassBalancedSampler,
    InOrderSampler,
    LengthBucketSampler,
    MPerClassSampler,
    ShuffleSampler,
    members_by_class,
)

LABELS = torch.arange(10).repeat_interleave(6)[torch.randperm(60, generator=torch.Generator().manual_seed(0))]


def samplers(seed: int = 7) -> list[BatchSampler]:
    return [
        MPerClassSampler(LABELS, classes_per_batch=4, samples_per_class=3, batches_per_epoch=5, seed=seed),
        ClassBalancedSampler(LABELS, batch_size=12, seed=seed),
        ShuffleSampler(LABELS, batch_size=12, seed=seed),
        LengthBucketSampler(LABELS, batch_size=12, seed=seed),
    ]


def epoch(sampler: BatchSampler, number: int) -> list[tuple[list[int], int]]:
    sampler.set_epoch(number)
    return [tuple(batch) for batch in sampler]


@pytest.mark.parametrize("kind", range(3))
def test_batches_follow_from_seed_epoch_and_step(kind: int) -> None:
    sampler = samplers()[kind]
    first = epoch(sampler, 0)
    assert len(first) == len(sampler) == 5
    assert epoch(sampler, 1) != first
    assert epoch(sampler, 0) == first == epoch(samplers()[kind], 0)
    assert epoch(samplers(seed=8)[kind], 0) != first
    assert len({seed for number in range(3) for _, seed in epoch(sampler, number)}) == 15
    sampler.set_epoch(0)
    sampler.start = 3
    assert [tuple(batch) for batch in sampler] == first[3:]
    assert [tuple(batch) for batch in sampler] == first


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_share_the_batch_of_one_rank(kind: int, world_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = epoch(samplers()[kind], 2)
    monkeypatch.setattr(distributed, "world_size", lambda: world_size)
    shares = []
    for rank in range(world_size):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        shares.append(epoch(samplers()[kind], 2))
    for step, (rows, _) in enumerate(whole):
        assert [row for share in shares for row in share[step][0]] == rows
        assert len({share[step][1] for share in shares}) == world_size  # each rank augments with its own seed


def test_a_batch_that_ranks_cannot_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "world_size", lambda: 5)
    with pytest.raises(ValueError, match="a batch of 12 can't be shared equally by 5 ranks"):
        next(iter(samplers()[0]))


def test_m_per_class_batches_are_class_major_without_repeats() -> None:
    for rows, _ in epoch(samplers()[0], 0):
        labels = LABELS[rows].reshape(4, 3)
        assert (labels == labels[:, :1]).all()
        assert len(set(labels[:, 0].tolist())) == 4
        assert len(set(rows)) == 12


def test_m_per_class_takes_every_class_and_member_equally_often() -> None:
    sampler = MPerClassSampler(LABELS, classes_per_batch=4, samples_per_class=3, batches_per_epoch=4000, seed=1)
    counts = np.bincount([row for rows, _ in sampler for row in rows], minlength=60)
    expected = 4000 * 12 / 60
    assert abs(counts / expected - 1).max() < 0.15  # about 4 standard deviations


def test_small_classes_are_drawn_with_replacement_and_this_is_said(caplog: pytest.LogCaptureFixture) -> None:
    labels = [0, 0, 0, 0, 1, 1, 2]
    sampler = MPerClassSampler(labels, classes_per_batch=3, samples_per_class=3, batches_per_epoch=20)
    assert "2 of 3 classes have fewer than 3 members" in caplog.text
    for rows, _ in sampler:
        by_class = np.reshape(rows, (3, 3))
        large = by_class[np.isin(by_class[:, 0], range(4))][0]
        assert len(set(large)) == 3
        assert (by_class == 6).sum() == 3


def test_class_balanced_draws_classes_uniformly_whatever_their_size() -> None:
    labels = torch.tensor([0] * 90 + [1] * 9 + [2])
    sampler = ClassBalancedSampler(labels, batch_size=100, batches_per_epoch=300, seed=3)
    rows = np.array([row for batch, _ in sampler for row in batch])
    shares = np.bincount(labels.numpy()[rows]) / len(rows)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.011)  # 4 standard deviations of 30000 draws
    members = np.bincount(rows, minlength=100)[90:99] / (len(rows) / 3)
    np.testing.assert_allclose(members, 1 / 9, atol=0.013)


def test_shuffle_takes_every_row_at_most_once() -> None:
    sampler = ShuffleSampler(torch.zeros(53), batch_size=10)
    rows = [row for batch, _ in epoch(sampler, 4) for row in batch]
    assert len(sampler) == 5
    assert len(set(rows)) == len(rows) == 50
    assert sorted(row for batch, _ in epoch(ShuffleSampler(LABELS, 12), 0) for row in batch) == list(range(60))


def test_buckets_take_every_row_at_most_once_and_rows_of_one_length_together() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 1603)
    sampler = LengthBucketSampler(lengths, batch_size=16)
    batches = [batch for batch, _ in epoch(sampler, 3)]
    rows = [row for batch in batches for row in batch]
    assert len(batches) == 100
    assert len(set(rows)) == len(rows) == 1600
    spread = [np.ptp(lengths[batch]) for batch in batches]
    assert max(spread) <= 5  # 39 lengths in 50 batches; of batches drawn at random more than 30
    order = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(order, range(100))[0, 1]) < 0.3
    assert rows != [row for batch, _ in epoch(sampler, 4) for row in batch]


def test_in_order_is_all_rows_once() -> None:
    sampler = InOrderSampler(7, batch_size=3)
    assert [batch.indices for batch in sampler] == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(sampler) == 3


@pytest.mark.parametrize(("rank", "batches"), [(0, [[0, 3], [6, 9]]), (1, [[1, 4], [7, 9]]), (2, [[2, 5], [8, 9]])])
def test_in_order_is_dealt_to_ranks_in_batches_of_one_size(rank, batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    monkeypatch.setattr(distributed, "rank", lambda: rank)
    sampler = InOrderSampler(10, batch_size=2)
    assert [batch.indices for batch in sampler] == batches
    assert len(sampler) == 2


def test_members_by_class() -> None:
    assert [rows.tolist() for rows in members_by_class([2, 0, 2, 5, 0])] == [[1, 4], [0, 2], [3]]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MPerClassSampler(LABELS, 1, 4), "sampler.classes_per_batch=1: a batch needs two classes or more"),
        (lambda: MPerClassSampler(LABELS, 11, 4), "sampler.classes_per_batch=11: .* only 10 classes"),
        (lambda: MPerClassSampler(LABELS, 4, 1), "sampler.samples_per_class=1: a positive pair needs 2 or more"),
        (lambda: MPerClassSampler(range(9), 4, 2), "every class of the training data has only one member"),
        (lambda: MPerClassSampler(LABELS, 4, 2, batches_per_epoch=-1), "sampler.batches_per_epoch=-1"),
        (lambda: ClassBalancedSampler(LABELS, 1), "sampler.batch_size=1: a batch needs two rows or more"),
        (lambda: ShuffleSampler(LABELS, 1), "sampler.batch_size=1: a batch needs two rows or more"),
        (lambda: ShuffleSampler(LABELS, 61), "sampler.batch_size=61: the training data has only 60 rows"),
    ],
)
def test_what_can_make_no_batch_is_refused_in_one_line(build, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        build()
    assert "\n" not in str(error.value)
