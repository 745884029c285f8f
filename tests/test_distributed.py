"""N ranks with batch B/N have the gradient of one rank with batch B: for every loss there is a config of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from hydra.utils import get_object, instantiate
from torch import distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from embedlab.batch import EmbeddingBatch
from embedlab.data.samplers import InOrderSampler
from embedlab.distributed import gather, gather_dealt, gather_objects, rank, world_size
from embedlab.losses.classification import ClassSoftmax
from embedlab.losses.language_modeling import OutputLayer
from embedlab.losses.tagging import TagLayer
from embedlab.losses.words import WordLoss

CONF = Path(__file__).parents[1] / "conf"
CONFIGS = sorted((CONF / "loss").glob("*.yaml"))
OF_TEXT = (WordLoss, OutputLayer, TagLayer, ClassSoftmax)  # they see no embeddings
LOSSES = [c.stem for c in CONFIGS if not issubclass(get_object(yaml.safe_load(c.read_text())["_target_"]), OF_TEXT)]
BATCH, FEATURES, DIM, CLASSES = 12, 6, 4, 4
WORLD_SIZES = [3, 2]


class Step(nn.Module):
    """What one training step does: embed the rank's share, gather, one global loss."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(FEATURES, 8), nn.Tanh(), nn.Linear(8, DIM)).double()
        self.loss = loss.double()
        for parameter in self.loss.parameters():
            nn.init.normal_(parameter)

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        embeddings, labels = gather(self.encoder(inputs)), gather(labels)
        torch.manual_seed(1)  # losses that draw: the same on every rank
        return self.loss(EmbeddingBatch(embeddings, labels))


def build(name: str) -> Step:
    with initialize_config_dir(str(CONF), version_base=None):
        config = compose(overrides=[f"+loss={name}", f"+sizes.num_classes={CLASSES}", f"+model.embedding_dim={DIM}"])
    return Step(instantiate(config.loss, _convert_="all"))


def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(BATCH, FEATURES, generator=generator, dtype=torch.float64)
    return inputs, torch.arange(BATCH) % CLASSES


def result(step: nn.Module, module: Step, share: slice) -> dict[str, torch.Tensor]:
    inputs, labels = data()
    value = step(inputs[share], labels[share])
    value.backward()
    return {"loss": value.detach()} | {name: p.grad for name, p in module.named_parameters()}


def one_rank_of(number: int, size: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/{size}.store", rank=number, world_size=size)
    assert (rank(), world_size()) == (number, size)
    per_rank = BATCH // size
    share = slice(number * per_rank, (number + 1) * per_rank)

    x = torch.full((2, 3), float(number), requires_grad=True)
    gathered = gather(x)
    weights = torch.arange(size * 2.0)[:, None].expand(-1, 3) * (number + 1)  # another loss on every rank
    (gathered * weights).sum().backward()

    results = {"gathered": gathered.detach(), "gradient": x.grad, "integers": gather(torch.tensor([number]))}
    results["dealt"] = torch.cat([gather_dealt(torch.tensor(batch.indices)) for batch in InOrderSampler(7, 2)])
    results["objects"] = gather_objects({"rank": number})
    for name in LOSSES:
        module = build(name)
        results[name] = result(DistributedDataParallel(module), module, share)
    torch.save(results, folder / f"{size}.{number}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of every rank of every world size; each process is rank ``number`` of all of them in turn."""
    folder = tmp_path_factory.mktemp("ranks")
    commands = [[sys.executable, __file__, str(number), str(folder)] for number in range(max(WORLD_SIZES))]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    processes = [subprocess.Popen(command, env=environment) for command in commands]
    try:
        assert [process.wait(timeout=300) for process in processes] == [0] * len(processes)
    finally:
        for process in processes:
            process.kill()
    return folder


@pytest.fixture(params=WORLD_SIZES)
def ranks(request, folder):
    return [torch.load(folder / f"{request.param}.{number}.pt") for number in range(request.param)]


def test_gather_concatenates_in_the_order_of_ranks_and_sums_gradients_over_them(ranks):
    size = len(ranks)
    expected = torch.arange(float(size)).repeat_interleave(2)[:, None].expand(-1, 3)
    for number, results in enumerate(ranks):
        assert torch.equal(results["gathered"], expected)
        assert torch.equal(results["integers"], torch.arange(size))
        rows = torch.tensor([2.0 * number, 2 * number + 1])[:, None].expand(-1, 3)
        assert torch.equal(results["gradient"], rows * sum(range(1, size + 1)))


def test_rows_dealt_to_ranks_are_gathered_in_order(ranks):
    for results in ranks:
        assert results["dealt"][:7].tolist() == list(range(7))
        assert results["dealt"][7:].tolist() == [6] * (-7 % len(ranks))  # dealt again, to be cut off


def test_objects_are_gathered_on_rank_0(ranks):
    assert ranks[0]["objects"] == [{"rank": number} for number in range(len(ranks))]
    assert all(results["objects"] == [] for results in ranks[1:])


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_on_several_ranks_is_that_of_one_rank_with_the_whole_batch(ranks, name):
    module = build(name)
    expected = result(module, module, slice(None))
    assert expected["encoder.0.weight"].abs().max() > 1e-6  # there is something to learn
    for results in ranks:
        assert results[name].keys() == expected.keys()
        for key, value in expected.items():
            torch.testing.assert_close(
                results[name][key], value, rtol=1e-10, atol=1e-10, msg=lambda m, k=key: f"{k}: {m}"
            )


def test_one_rank_alone_gathers_itself():
    x = torch.ones(2)
    assert gather(x) is x
    assert gather_objects("x") == ["x"]
    assert (rank(), world_size()) == (0, 1)


if __name__ == "__main__":
    for world in WORLD_SIZES:
        if int(sys.argv[1]) < world:
            one_rank_of(int(sys.argv[1]), world, Path(sys.argv[2]))
