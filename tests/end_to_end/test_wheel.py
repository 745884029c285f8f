"""The built wheel in an empty environment trains in an empty folder: the configs and the data are inside."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_trains_on_its_own(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")

    # An environment of its own for embedlab; the dependencies, gigabytes of them, are lent by the present one.
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    lent = next(path for path in map(Path, sys.path) if (path / "torch").is_dir())
    bridge = f"import sys; sys.path.append({str(lent)!r})"  # plain path only: .pth files there are not read
    (Path(site) / "lent.pth").write_text(bridge + "\n")

    folder = tmp_path / "empty"
    folder.mkdir()
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "EMBEDLAB_DATA")}
    where = subprocess.run(
        [python, "-c", "import embedlab; print(embedlab.__file__)"], cwd=folder, capture_output=True,
        text=True, env=clean, check=True,
    ).stdout.strip()  # fmt: skip
    assert where.startswith(site)
    done = subprocess.run(
        [environment / "bin" / "embedlab", "train", "experiment=omniglot", "trainer.max_epochs=1", "threads=1",
         "sampler.batches_per_epoch=3", "model.channels=4", "evaluation=quick", "hydra.run.dir=run"],
        cwd=folder, capture_output=True, text=True, env={**clean, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "run" / "status.json").read_text())["status"] == "done"
    assert (folder / "run" / "report.html").is_file()
