import pytest
import torch
from torch.nn import functional as F

from embedlab.models import EmbeddingHead

X = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))


def test_nothing_asked_is_the_features():
    head = EmbeddingHead(5, normalize=False)
    assert head(X) is X
    assert head.embedding_dim == 5
    assert not list(head.parameters())


def test_each_option_does_its_formula():
    torch.manual_seed(0)
    head = EmbeddingHead(5, 3, batch_norm=True, normalize=True)
    y = X @ head.linear.weight.T + head.linear.bias
    y = (y - y.mean(0)) / (y.var(0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(head(X), y / y.norm(dim=1, keepdim=True))
    assert head.embedding_dim == 3
    linear = EmbeddingHead(5, 3, normalize=False)
    torch.testing.assert_close(linear(X), F.linear(X, linear.linear.weight, linear.linear.bias))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_unit_length_in_any_precision(dtype):
    embeddings = EmbeddingHead(5)((300 * X).to(dtype))  # its square is beyond float16
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(8, dtype=embeddings.dtype))
    assert EmbeddingHead(5)(torch.zeros(1, 5, dtype=dtype)).abs().max() == 0
    assert embeddings.dtype == (torch.float32 if dtype == torch.float16 else dtype)


def test_bad_size():
    with pytest.raises(ValueError, match=r"model\.embedding_dim=0"):
        EmbeddingHead(5, 0)
