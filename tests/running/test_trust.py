import pytest

from embedlab.errors import BadInput
from embedlab.running.trust import check_targets


@pytest.mark.parametrize(
    "target",
    [
        "embedlab.losses.ContrastiveLoss",
        "embedlab.apps.language.generate",
        "torch.optim.Adam",
        "torch.nn.Linear",
        "pytorch_lightning.Trainer",
        "pytorch_lightning.callbacks.ModelCheckpoint",
    ],
)
def test_our_own_configs_pass(target):
    check_targets({"a": [{"_target_": target}]})


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "subprocess.run",
        "builtins.eval",
        "torch.load",
        "torch.hub.load",
        # Detours through an attribute of a trusted module to something defined elsewhere.
        "torch.nn.modules.module.torch.hub.load",
        "embedlab.losses.contrastive.torch.load",
        "embedlab.apps.export.export_onnx",
        "embedlab.running.launch.launch",
        "embedlab.losses",
        "embedlab.losses.NoSuchLoss",
        "mine.Loss",
    ],
)
def test_anything_else_is_refused_and_named(target):
    with pytest.raises(BadInput, match=f"names {target}, .*add --allow {target.split('.')[0]}$"):
        check_targets({"callbacks": {"x": {"_target_": target, "command": "true"}}})


def test_an_untrusted_package_is_not_even_imported(tmp_path, monkeypatch):
    (tmp_path / "evil_on_import.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadInput):
        check_targets({"_target_": "evil_on_import.Loss"})


def test_the_user_may_allow_a_package(tmp_path, monkeypatch):
    (tmp_path / "allowed_package.py").write_text("class Loss: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check_targets({"_target_": "allowed_package.Loss"}, allow=["allowed_package"])
