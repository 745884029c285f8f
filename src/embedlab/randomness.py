"""Seeds as pure functions of where training stands, so that nothing depends on how one came there.

A step's randomness is drawn from a seed mixed of (run seed, epoch or step, rank): a resumed run needs no saved
generator state to go on exactly as the uninterrupted one.
"""

import hashlib


def mix(*parts: int) -> int:
    """A seed in [0, 2⁶³) from integers: stable across processes, machines and Python versions."""
    digest = hashlib.blake2b(",".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
