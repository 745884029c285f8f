import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BOUNDED = """
import resource, sys
from pathlib import Path
from embedlab.data.preparation import Preparation
from embedlab.text import Whitespace

folder = Path(sys.argv[1])
prepare = Preparation(Whitespace(), lines=False, max_sentence=1000)
prepare(folder / "small.txt", folder)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20), resource.RLIM_INFINITY))
print(prepare(folder / "big.txt", folder).directory)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the size of a process is read from /proc")
def test_memory_is_bounded(tmp_path):
    """A text of 60 MB, whose ids are more, prepared in 48 MB of address space more than a small one takes."""
    random = np.random.default_rng(0)
    words = [f"{k:x}" for k in range(50_000)]
    piece = " ".join(words[k] for k in random.zipf(1.5, 250_000).clip(max=50_000) - 1) + "\n"
    (tmp_path / "small.txt").write_text(piece)
    repeats = 60_000_000 // len(piece)
    with (tmp_path / "big.txt").open("w") as file:
        for _ in range(repeats):
            file.write(piece)
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(tmp_path)], capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    ids = np.load(folder / "ids.npy", mmap_mode="r")
    assert ids.nbytes > 60e6
    once = len(ids) // repeats
    assert np.array_equal(ids[:once], ids[-once:])
    assert json.loads((folder / "fingerprint.json").read_text())["tokens_read"] == 250_000 * repeats
