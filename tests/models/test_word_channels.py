"""Words as vectors: what is taken from a file, what is drawn, what is trained."""

import pytest
import torch

from embedlab.batch import TextBatch
from embedlab.errors import BadInput
from embedlab.models.word_channels import WordChannels
from embedlab.vectors import WordVectors, save

WORDS = ["the", "<unk>", "film", "zzz"]
BATCH = TextBatch.of([[0, 2, 3], [2]])


@pytest.fixture
def file(tmp_path):
    given = torch.tensor([[1.0, -3.0], [2.0, 4.0]]).numpy()
    save(WordVectors(["film", "the"], given), tmp_path / "v.txt")
    return str(tmp_path / "v.txt")


def test_random_vectors_and_nothing_beyond_the_end():
    words = WordChannels(4, 3)
    found = words(BATCH)
    weight = words.channels["trained"].weight
    assert torch.equal(found[0], weight[[0, 2, 3]])
    assert torch.equal(found[1], torch.stack([weight[2], torch.zeros(3), torch.zeros(3)]))
    assert weight.abs().max() <= 0.25
    words.start_from(WORDS)
    assert not words.known.any()


def test_vectors_of_the_file_and_others_of_their_variance(file):
    torch.manual_seed(0)
    size = 4000
    words = WordChannels(size, 2, file)
    words.start_from([*WORDS, *(f"w{n}" for n in range(size - 4))])
    weight = words.channels["trained"].weight.detach()
    assert weight[[0, 2]].tolist() == [[2, 4], [1, -3]]
    assert words.known[:4].tolist() == [True, False, True, False]
    drawn, variance = weight[4:], ((torch.tensor([1.0, -3, 2, 4]) - 1) ** 2).mean()  # 6.5
    assert drawn.var().item() == pytest.approx(variance.item(), rel=0.03)
    assert drawn.abs().max() <= (3 * variance).sqrt()


def test_two_channels_are_summed_and_one_of_them_is_trained(file):
    words = WordChannels(4, 2, file, ["static", "trained"])
    words.start_from(WORDS)
    assert words(BATCH)[1].tolist() == [[2, -6], [0, 0], [0, 0]]
    words(BATCH).sum().backward()
    assert words.channels["static"].weight.grad is None
    assert words.channels["trained"].weight.grad.tolist() == [[1, 1], [0, 0], [2, 2], [1, 1]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"channels": []}, r"model.channels=\[\]: \[trained\], \[static\] or"),
        ({"channels": ["trained", "trained"]}, "model.channels="),
        ({"channels": ["frozen"]}, "model.channels="),
        ({"channels": ["static"]}, "static vectors come from a file"),
        ({"embedding_dim": 0}, "model.embedding_dim=0"),
    ],
)
def test_what_cannot_be(options, said):
    with pytest.raises(BadInput, match=said):
        WordChannels(4, **options)


def test_a_file_of_another_dimension(file):
    with pytest.raises(BadInput, match=r"vectors of 2 numbers, and the model's are of 3; take model.embedding_dim=2"):
        WordChannels(4, 3, file).start_from(WORDS)
