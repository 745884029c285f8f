import pytest
import torch
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.devices import Devices, check_accelerator


def asks(devices: int, accelerator: str = "auto"):
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


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    check_accelerator(asks(2, "cpu"))
    with pytest.raises(BadInput, match=r"trainer.accelerator=gpu: no GPU here; trainer=cpu or trainer=ddp_cpu"):
        check_accelerator(asks(2, "gpu"))
