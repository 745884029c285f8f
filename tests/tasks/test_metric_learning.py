"""The task by value: what a step computes, which weights are trained at which rate, what an evaluation reports."""

from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from embedlab import distributed
from embedlab.batch import EmbeddingBatch
from embedlab.errors import BadInput
from embedlab.evaluation import Retrieval
from embedlab.losses import ArcFaceLoss, AuxiliaryLoss, ContrastiveLoss, TripletLoss
from embedlab.memory import CrossBatchMemory
from embedlab.miners import BatchHard
from embedlab.tasks import MetricLearning
from embedlab.tasks.metric_learning import whole_classes


class Data(pl.LightningDataModule):
    """Three well-parted points a class."""

    def __init__(self):
        super().__init__()
        random = torch.Generator().manual_seed(0)
        self.labels = torch.arange(4).repeat_interleave(3)
        self.inputs = 10 * torch.eye(4)[self.labels] + 0.1 * torch.randn(12, 4, generator=random)

    def loader(self):
        return DataLoader(TensorDataset(self.inputs, self.labels), batch_size=12)

    train_dataloader = val_dataloader = test_dataloader = loader

    def evaluation_extras(self, split):
        return {}


def fit(task, steps=1):
    trainer = pl.Trainer(
        max_steps=steps, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    data = Data()
    trainer.fit(task, datamodule=data)
    return trainer, data


def test_a_step_descends_the_loss_of_the_mined_triplets():
    torch.manual_seed(0)
    model = nn.Linear(4, 2)
    data, before = Data(), [p.detach().clone() for p in model.parameters()]
    batch = EmbeddingBatch(model(data.inputs), data.labels)
    expected = torch.autograd.grad(TripletLoss(500.0)(batch, BatchHard()(batch)), list(model.parameters()))
    fit(MetricLearning(model, TripletLoss(500.0), partial(torch.optim.SGD, lr=0.01), miner=BatchHard()))
    for old, new, gradient in zip(before, model.parameters(), expected, strict=True):
        torch.testing.assert_close(new.detach(), old - 0.01 * gradient)
        assert gradient.abs().max() > 0


def test_the_memory_s_candidates_are_those_of_earlier_steps():
    torch.manual_seed(0)
    memory = CrossBatchMemory(size=24, embedding_dim=2)
    seen = []

    class Spy(ContrastiveLoss):
        def forward(self, batch, mined=None):
            seen.append(len(batch.candidates))
            return super().forward(batch, mined)

    fit(MetricLearning(nn.Linear(4, 2), Spy(), partial(torch.optim.SGD, lr=0.1), memory=memory), steps=4)
    assert seen == [12, 24, 36, 36]


def test_the_loss_s_own_weights_are_trained_at_their_own_rate():
    torch.manual_seed(0)
    loss = ArcFaceLoss(num_classes=4, embedding_dim=2)
    task = MetricLearning(nn.Linear(4, 2), loss, partial(torch.optim.SGD, lr=0.1), loss_learning_rate=0.5)
    groups = task.configure_optimizers().param_groups
    assert [group["lr"] for group in groups] == [0.1, 0.5]
    assert {id(p) for p in groups[1]["params"]} == {id(p) for p in loss.parameters()}
    before = next(loss.parameters()).detach().clone()
    fit(task)
    assert not torch.equal(before, next(loss.parameters()))


def test_frozen_weights_are_left_out():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    model[0].requires_grad_(False)
    groups = MetricLearning(model, TripletLoss(), partial(torch.optim.SGD, lr=0.1)).configure_optimizers().param_groups
    assert [p.shape for p in groups[0]["params"]] == [torch.Size([2, 3]), torch.Size([2])]


def test_an_auxiliary_loss_adds_its_weighted_term():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    data = Data()
    hidden = model[0](data.inputs)
    plain = TripletLoss(5.0)(EmbeddingBatch(model[1](hidden), data.labels))
    extra = 0.5 * TripletLoss(50.0)(EmbeddingBatch(hidden, data.labels))
    task = MetricLearning(
        model,
        TripletLoss(5.0),
        partial(torch.optim.SGD, lr=0.0),
        auxiliary=[AuxiliaryLoss("0", TripletLoss(50.0), 0.5)],
    )
    trainer, _ = fit(task)
    assert float(trainer.callback_metrics["train/loss_0"]) == pytest.approx(float(extra.detach()), rel=1e-5)
    assert float(trainer.callback_metrics["train/loss"]) == pytest.approx(float(plain.detach()), rel=1e-5)


def test_evaluation_reports_the_protocol_s_numbers():
    torch.manual_seed(0)
    protocols = {"retrieval": Retrieval(ks=(1,))}
    task = MetricLearning(nn.Identity(), TripletLoss(), partial(torch.optim.SGD, lr=0.1), evaluation=protocols)
    task.model = nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        task.model.weight.copy_(torch.eye(4))
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
    numbers = trainer.test(task, datamodule=Data(), verbose=False)[0]
    assert numbers["test/recall_at_1"] == 1.0
    assert task.estimates("test")["test/map_at_r"].value == 1.0
    np.testing.assert_allclose(task.evaluation_sets["test"].embeddings, Data().inputs.numpy())


def test_evaluation_rows_that_are_not_shared_between_ranks_are_named(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(distributed, "gather_dealt", lambda x: x.repeat_interleave(2, dim=0))
    task = MetricLearning(nn.Linear(4, 4), TripletLoss(), partial(torch.optim.SGD, lr=0.1))
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
    with pytest.raises(BadInput, match="Data: every rank has all test rows; share them by InOrderSampler"):
        trainer.test(task, datamodule=Data(), verbose=False)


def test_pictures_are_kept_by_whole_classes():
    labels = np.repeat(np.arange(10), 5)
    rows = whole_classes(labels, most=23)
    assert len(rows) == 20
    assert set(np.unique(labels[rows], return_counts=True)[1]) == {5}
    assert np.array_equal(rows, np.sort(rows))
    assert len(whole_classes(labels, most=1000)) == 50
    assert len(whole_classes(labels, most=1)) == 5  # at least one class
