"""What holds for every loss there is: each config of conf/loss is instantiated and put through the same checks."""

from functools import cache

import hydra
import pytest
import torch
import yaml
from hydra.utils import get_object
from torch.nn.utils import parameters_to_vector

from embedlab.batch import EmbeddingBatch
from embedlab.losses import ContrastiveLoss, Loss, MetricLearningLoss, PrototypicalLoss
from embedlab.losses.classification import ClassSoftmax
from embedlab.losses.language_modeling import OutputLayer
from embedlab.losses.tagging import TagLayer
from embedlab.losses.words import WordLoss
from embedlab.running.catalog import conf_dir

CLASSES, DIM = 4, 6
CONFIGS = sorted((conf_dir() / "loss").glob("*.yaml"))
# Those of word vectors, of language models, of taggers and of classifiers see text and no embeddings.
OF_TEXT = (WordLoss, OutputLayer, TagLayer, ClassSoftmax)
NAMES = [c.stem for c in CONFIGS if not issubclass(get_object(yaml.safe_load(c.read_text())["_target_"]), OF_TEXT)]

pytestmark = [
    pytest.mark.parametrize("name", NAMES),
    pytest.mark.filterwarnings("ignore:.*Defaults list is missing.*"),
]


@cache
def config(name: str):
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        sizes = [f"+sizes.num_classes={CLASSES}", f"+model.embedding_dim={DIM}"]
        return hydra.compose(f"loss/{name}", sizes).loss


def make(name: str, dtype=torch.float32) -> Loss:
    """In evaluation mode, where no course of training (SphereFace's λ) moves between two calls."""
    torch.manual_seed(3)
    return hydra.utils.instantiate(config(name)).to(dtype).eval()


def example(dtype=torch.float64, per_class=3):
    torch.manual_seed(0)
    labels = torch.arange(CLASSES).repeat(per_class)
    return torch.randn(len(labels), DIM, dtype=dtype).requires_grad_(), labels


def compares(loss: Loss) -> bool:
    """Whether the loss is one of pairs or triplets: nothing of its own to learn, so nothing to do without them."""
    return not isinstance(loss, PrototypicalLoss) and not list(loss.parameters())


def test_is_a_module_of_the_contract(name):
    loss = make(name)
    x, labels = example(torch.float32)
    value = loss(EmbeddingBatch(x, labels))
    assert value.shape == ()
    assert value.isfinite()
    assert value > 0
    assert all(number.shape == () and not number.requires_grad for number in loss.statistics.values())
    for key, number in loss.statistics.items():
        if "fraction" in key or "accuracy" in key:
            assert 0 <= number <= 1
    (gradient,) = torch.autograd.grad(value, x)
    assert gradient.abs().max() > 0


def test_gradient_is_the_true_derivative(name):
    loss = make(name, torch.float64)
    x, labels = example()
    weights = {key: value.detach().requires_grad_() for key, value in loss.named_parameters()}

    def value(x, *values):
        return torch.func.functional_call(loss, dict(zip(weights, values, strict=True)), (EmbeddingBatch(x, labels),))

    assert torch.autograd.gradcheck(value, (x, *weights.values()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_order_of_the_batch_does_not_matter(name, dtype):
    loss = make(name, dtype)
    if isinstance(loss, PrototypicalLoss):
        pytest.skip("its first objects of each class are the support, by definition")
    x, labels = example(dtype)
    order = torch.randperm(len(x))
    straight, mixed = (loss(EmbeddingBatch(x[i], labels[i])) for i in (torch.arange(len(x)), order))
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(mixed, straight, rtol=tolerance, atol=0)
    gradients = [torch.autograd.grad(value, x)[0] for value in (straight, mixed)]
    torch.testing.assert_close(*gradients, rtol=tolerance, atol=tolerance)


def test_candidates_that_are_the_anchors_over_again_change_nothing(name):
    loss = make(name, torch.float64)
    x, labels = example()
    one = loss(EmbeddingBatch(x, labels))
    two = loss(EmbeddingBatch(x, labels, x.clone(), labels.clone(), offset=0))
    torch.testing.assert_close(one, two, rtol=1e-12, atol=0)
    torch.testing.assert_close(*(torch.autograd.grad(value, x)[0] for value in (one, two)), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_finite(name, dtype, size):
    """Norms up to 1e4 · √D, duplicates within and across classes, zero vectors."""
    loss = make(name)
    x, labels = example(torch.float32, per_class=5)
    with torch.no_grad():
        x = (x / x.abs().max() * size).to(dtype)
        x[4], x[5] = x[0], x[0]
        if not isinstance(loss, MetricLearningLoss):  # the peer's gradient there is up to 1e12
            x[8], x[9] = 0, 0
    x.requires_grad_()
    value = loss(EmbeddingBatch(x, labels))
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
    assert all(w.grad is None or w.grad.isfinite().all() for w in loss.parameters())


def test_half_precision_is_the_value_of_float32(name):
    x, labels = example(torch.bfloat16)
    x.data /= x.data.norm(dim=1, keepdim=True)
    half = make(name)(EmbeddingBatch(x, labels))
    full = make(name)(EmbeddingBatch(x.float(), labels))
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, full, rtol=1e-5, atol=0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = make(name)(EmbeddingBatch(x.float(), labels))
    torch.testing.assert_close(mixed, full, rtol=1e-5, atol=0)


@pytest.mark.parametrize("lacking", ["negatives", "positives", "both"])
def test_batches_without_positives_or_negatives(name, lacking):
    loss = make(name)
    x, _ = example(torch.float32)
    labels = {"negatives": torch.zeros(CLASSES), "positives": torch.arange(CLASSES), "both": torch.zeros(1)}[lacking]
    x = x[: len(labels)].detach().requires_grad_()
    value = loss(EmbeddingBatch(x, labels.long()))
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
    assert all(w.grad is None or w.grad.isfinite().all() for w in loss.parameters())
    # Pairs of one kind are enough for the contrastive loss, and for the peer's own.
    enough = isinstance(loss, ContrastiveLoss | MetricLearningLoss) and lacking != "both"
    if compares(loss) and not enough:
        assert value == 0
        assert not x.grad.any()
        assert loss.statistics.get("active_fraction", 0) == 0


def test_nan_is_not_swallowed(name):
    loss = make(name)
    if isinstance(loss, MetricLearningLoss):
        pytest.skip("up to the peer")
    x, labels = example(torch.float32)
    x.data[3, 2] = torch.nan
    assert loss(EmbeddingBatch(x, labels)).isnan()


def test_weights_survive_a_checkpoint(name, tmp_path):
    """Whatever a loss learns is in its state: a fresh one that loads it gives the same value."""
    loss, fresh = make(name), make(name)
    x, labels = example(torch.float32)
    optimizer = torch.optim.SGD([x, *loss.parameters()], lr=0.1)
    loss(EmbeddingBatch(x, labels)).backward()
    optimizer.step()
    torch.save(loss.state_dict(), tmp_path / "loss.pt")
    fresh.load_state_dict(torch.load(tmp_path / "loss.pt", weights_only=True))
    if weights := list(loss.parameters()):
        assert torch.equal(parameters_to_vector(weights), parameters_to_vector(fresh.parameters()))
    batch = EmbeddingBatch(x, labels)
    assert torch.equal(loss(batch), fresh(batch))


def test_an_unknown_distance_is_named_when_the_loss_is_made(name):
    if "distance" not in config(name):
        pytest.skip("it takes none")
    with pytest.raises(Exception, match="distance=manhattan: no such distance; there are squared_euclidean"):
        hydra.utils.instantiate(config(name), distance="manhattan")
