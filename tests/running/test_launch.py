import pytest
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.devices import ranks


@pytest.mark.parametrize(("devices", "expected"), [(1, 1), (3, 3), ("2", 2), ([0, 2], 2), ("auto", 1)])
def test_ranks(devices, expected):
    assert ranks(OmegaConf.create({"trainer": {"devices": devices, "accelerator": "cpu"}})) == expected


@pytest.mark.parametrize("devices", ["many", 0, -3, "1.5"])
def test_what_is_no_number_of_devices_is_named(devices):
    with pytest.raises(BadInput, match=f"trainer.devices={devices}: "):
        ranks(OmegaConf.create({"trainer": {"devices": devices, "accelerator": "cpu"}}))
