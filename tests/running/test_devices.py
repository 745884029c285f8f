import re

import pytest
import torch
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.devices import Devices, check_devices


def asks(devices, accelerator: str = "auto"):
    return OmegaConf.create({"trainer": {"accelerator": accelerator, "devices": devices}})


def test_jobs_at_once_get_disjoint_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,GPU-6")
    devices = Devices()
    first = devices.take(asks(2))
    second = devices.take(asks(1))
    assert (first, second) == (("4", "5"), ("GPU-6",))
    assert devices.take(asks(1)) is None
    assert devices.take(asks(1, "cpu")) == ()
    assert second is not None
    devices.give_back(second)
    assert devices.take(asks(1)) == ("GPU-6",)


def test_more_than_there_are_gets_all_and_says_so_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    devices = Devices()
    assert devices.take(asks(8)) == ("0", "1")
    assert devices.take(asks(8)) is None


def test_a_machine_without_gpus_runs_all_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    devices = Devices()
    assert devices.take(asks(2)) == ()
    assert devices.take(asks(2)) == ()


@pytest.mark.parametrize(
    ("here", "accelerator", "devices", "says"),
    [
        (0, "gpu", 1, "trainer.accelerator=gpu: no GPU is here; trainer=cpu or trainer=ddp_cpu does without"),
        (1, "gpu", 2, "trainer.devices=2: of GPUs there are 1 here; trainer.devices=1 takes all"),
        (1, "auto", 2, "trainer.devices=2: of GPUs there are 1 here"),
        (2, "cuda", [0, 2], "of GPUs there are 2 here"),
        (0, "cpu", "many", "trainer.devices=many: "),
    ],
)
def test_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch, here: int, accelerator, devices, says) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: here)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(BadInput, match=re.escape(says)):
        check_devices(asks(devices, accelerator))


@pytest.mark.parametrize(
    ("here", "accelerator", "devices"), [(0, "auto", 2), (2, "gpu", [1]), (2, "gpu", -1), (0, "cpu", 2)]
)
def test_devices_that_are_there(monkeypatch: pytest.MonkeyPatch, here: int, accelerator, devices) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: here)
    check_devices(asks(devices, accelerator))
