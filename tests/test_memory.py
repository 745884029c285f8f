import pytest
import torch

from embedlab.batch import EmbeddingBatch
from embedlab.losses import TripletLoss
from embedlab.memory import CrossBatchMemory


def numbered(*numbers):
    """Embeddings that are their own numbers, labelled by ten times them."""
    x = torch.tensor(numbers, dtype=torch.float32)[:, None]
    return x, (10 * x[:, 0]).long()


def held(memory):
    """(embedding, label) of what a batch is compared with beyond itself."""
    data = memory.batch(*numbered(-1))
    return sorted(zip(data.candidates[1:, 0].tolist(), data.candidate_labels[1:].tolist(), strict=True))


def test_holds_the_last_ones_whatever_the_sizes_of_batches():
    torch.manual_seed(0)
    for size in (1, 3, 4, 7):
        memory, seen = CrossBatchMemory(size, 1), []
        for _ in range(12):
            batch = [len(seen) + i for i in range(int(torch.randint(1, 9, ())))]
            memory.extend(*numbered(*batch))
            seen += batch
            assert held(memory) == [(float(n), 10 * n) for n in seen[-size:]]
            assert len(memory) == min(len(seen), size)


def test_candidates_are_the_anchors_followed_by_the_memory():
    memory = CrossBatchMemory(4, 1)
    x, labels = numbered(1, 2)
    assert memory.batch(x, labels).one_tower
    memory.extend(*numbered(2, 3, 1))
    data = memory.batch(x, labels)
    assert data.candidates[:, 0].tolist() == [1, 2, 2, 3, 1]
    assert data.positives.tolist() == [[False, False, False, False, True], [False, False, True, False, False]]
    assert data.negatives.tolist() == [[False, True, True, True, False], [True, False, False, True, True]]


def test_the_memory_gets_no_gradient_and_the_anchors_theirs():
    torch.manual_seed(0)
    memory, labels = CrossBatchMemory(8, 3), torch.arange(6) % 3
    old = torch.randn(6, 3, requires_grad=True)
    memory.extend(old, labels)
    x = torch.randn(6, 3, requires_grad=True)
    value = TripletLoss()(memory.batch(x, labels))
    by_hand = EmbeddingBatch(x, labels, torch.cat([x, old.detach()]), torch.cat([labels, labels]))
    expected = torch.autograd.grad(TripletLoss()(by_hand), x)[0]
    value.backward()
    torch.testing.assert_close(x.grad, expected)
    assert old.grad is None
    assert not memory.queue.requires_grad


def test_takes_part_from_its_start_step_and_fills_before():
    memory = CrossBatchMemory(4, 1, start_step=2)
    memory.extend(*numbered(1))
    assert memory.batch(*numbered(5)).one_tower
    memory.extend(*numbered(2))
    assert held(memory) == [(1.0, 10), (2.0, 20)]


def test_all_of_its_state_is_in_the_checkpoint(tmp_path):
    memory, fresh = (CrossBatchMemory(3, 1, start_step=2) for _ in range(2))
    for numbers in ((1, 2), (3, 4)):
        memory.extend(*numbered(*numbers))
    torch.save(memory.state_dict(), tmp_path / "memory.pt")
    fresh.load_state_dict(torch.load(tmp_path / "memory.pt", weights_only=True))
    for each in (memory, fresh):
        each.extend(*numbered(5))
    assert held(memory) == held(fresh) == [(3.0, 30), (4.0, 40), (5.0, 50)]
    assert not list(memory.parameters())


def test_half_precision_batches():
    memory = CrossBatchMemory(3, 1)
    memory.extend(torch.tensor([[0.5]], dtype=torch.bfloat16), torch.tensor([1]))
    assert memory.batch(torch.ones(1, 1, dtype=torch.bfloat16), torch.tensor([1])).candidates.dtype == torch.bfloat16


def test_bad_values_are_named():
    with pytest.raises(ValueError, match=r"memory\.size"):
        CrossBatchMemory(0, 3)
    with pytest.raises(ValueError, match=r"memory\.start_step"):
        CrossBatchMemory(3, 3, start_step=-1)
