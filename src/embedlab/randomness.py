"""Seeds as pure functions of where training stands, so that nothing depends on how one came there.

A step's randomness is drawn from a seed mixed of (run seed, epoch or step, rank): a resumed run needs no saved
generator state to go on exactly as the uninterrupted one.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def mix(*parts: int) -> int:
    """A seed in [0, 2⁶³) from integers: stable across processes, machines and Python versions."""
    digest = hashlib.blake2b(",".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def seed_torch(seed: int, device: "torch.device") -> None:
    """Seed torch's generators of the CPU and of the device in use.

    ``torch.manual_seed`` does so for every kind of device there could be, and for each that is not at work writes down
    a stack trace, which takes longer than a small training step.
    """
    import torch  # what mixes seeds without training starts without it

    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)
