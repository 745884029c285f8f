"""How many processes a job is, and which GPU is whose where several jobs run at once on one machine."""

import os

from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput


def ranks(config: DictConfig) -> int:
    """Processes the trainer's ``devices`` asks for on this machine."""
    devices = config.trainer.get("devices", 1)
    if isinstance(devices, int) and devices > 0:
        return devices
    if OmegaConf.is_list(devices):
        return len(devices)
    if devices in (-1, "auto") and config.trainer.get("accelerator") in ("gpu", "cuda"):
        import torch

        return max(torch.cuda.device_count(), 1)
    if isinstance(devices, str) and devices.isdigit():
        return int(devices)
    if devices == "auto":
        return 1
    raise BadInput(f"trainer.devices={devices}: give a number of devices, a list of them, or auto")


def check_devices(config: DictConfig) -> None:
    """See that the devices a job asks for are on this machine.

    Raises:
        BadInput: there are fewer GPUs, or none.
    """
    wanted, asked, devices = ranks(config), config.trainer.get("accelerator"), config.trainer.get("devices", 1)
    if asked not in ("gpu", "cuda", "auto"):
        return
    import torch

    here = torch.cuda.device_count()
    if not here and asked != "auto" and not torch.backends.mps.is_available():
        raise BadInput(f"trainer.accelerator={asked}: no GPU is here; trainer=cpu or trainer=ddp_cpu does without")
    if OmegaConf.is_list(devices):
        wanted = max(devices) + 1  # their numbers
    if here and wanted > here:
        raise BadInput(f"trainer.devices={devices}: of GPUs there are {here} here; trainer.devices={here} takes all")


class Devices:
    """The machine's GPUs, handed out to jobs and taken back."""

    def __init__(self) -> None:
        self._free: list[str] | None = None

    def take(self, config: DictConfig) -> tuple[str, ...] | None:
        """The GPUs of a job, none for one on the CPU; None while too few are free.

        A job that asks for more than the machine has gets all there are, and says so itself.
        """
        if config.trainer.get("accelerator") == "cpu":
            return ()
        if self._free is None:
            self._free = _visible()
            self.count = len(self._free)
        wanted = min(ranks(config), self.count)
        if len(self._free) < wanted:
            return None
        taken, self._free = tuple(self._free[:wanted]), self._free[wanted:]
        return taken

    def give_back(self, devices: tuple[str, ...]) -> None:
        """A job has ended."""
        if self._free is not None:
            self._free += devices


def _visible() -> list[str]:
    """The GPUs this process may use, by the names CUDA_VISIBLE_DEVICES gives them."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [name for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if name]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]
