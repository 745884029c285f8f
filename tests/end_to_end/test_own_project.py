"""A user's own configs and classes, without touching ours."""

import json
from pathlib import Path

TINY = [
    "trainer.max_epochs=1", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=2", "model.channels=4", "evaluation=quick",
    "data.rotations=false", "threads=1",
]  # fmt: skip

LOSS = '''
from torch import Tensor

from embedlab.losses import Loss


class CentroidLoss(Loss):
    """Squared distance of each embedding to a point."""

    def __init__(self, at: float):
        super().__init__()
        self.at = at

    def forward(self, batch, mined=None) -> Tensor:
        return (batch.embeddings - self.at).square().mean()
'''


def project(folder: Path) -> None:
    (folder / "mine.py").write_text(LOSS)
    (folder / "settings" / "loss").mkdir(parents=True)
    (folder / "settings" / "loss" / "centroid.yaml").write_text("_target_: mine.CentroidLoss\nat: 0.25\n")


def test_config_dir_adds_a_loss(embedlab, tmp_path):
    project(tmp_path)
    done = embedlab("train", "--config-dir", "settings", "loss=centroid", *TINY, "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "done"
    # A saved run that names the user's own class is opened once the user allows it.
    refused = embedlab("evaluate", "run")
    assert refused.returncode == 2
    assert "--allow mine" in refused.stderr
    allowed = embedlab("evaluate", "run", "--allow", "mine")
    assert allowed.returncode == 0, allowed.stderr
    assert "recall_at_1" in allowed.stdout


def test_searchpath_adds_a_loss(embedlab, tmp_path):
    project(tmp_path)
    path = f"hydra.searchpath=[file://{tmp_path}/settings]"
    done = embedlab("train", path, "loss=centroid", *TINY, "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
