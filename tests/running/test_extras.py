import importlib.util

import pytest

from embedlab.errors import BadInput
from embedlab.running.extras import check_loggers


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "trackio"])
def test_a_logger_that_is_not_installed_names_its_extra(name: str, compose, monkeypatch: pytest.MonkeyPatch) -> None:
    config = compose(f"logger=[csv,{name}]")
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None if package == name else object())
    with pytest.raises(BadInput, match=rf"logger=\[{name}\]: not installed; pip install 'embedlab\[{name}\]'"):
        check_loggers(config)
    check_loggers(compose("logger=[csv]"))
