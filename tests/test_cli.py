"""What only says something starts in a blink: it imports none of what takes seconds to import."""

import subprocess
import sys

import pytest

from embedlab.cli import _parsed, _parser

SLOW = {"torch", "pytorch_lightning", "hydra", "omegaconf", "matplotlib", "numpy", "scipy", "sklearn", "numba"}


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["list"], set()),
        (["sweep", "sweep", "--status"], set()),
        (["sweep", "sweep", "--dry-run"], set()),
        (["train", "--help"], {"hydra", "omegaconf"}),
    ],
)
def test_what_is_imported(tmp_path, arguments: list[str], imported: set[str]) -> None:
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    job = '{"number": 0, "key": "k", "overrides": ["loss=triplet"]}'
    (sweep / "manifest.json").write_text(f'{{"cwd": "/", "arguments": [], "jobs": [{job}]}}')
    script = (
        "import sys, embedlab.cli\n"
        f"try: embedlab.cli.main({arguments})\n"
        "except SystemExit: pass\n"
        "print('imported', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said, _, modules = done.stdout.rpartition("imported")
    assert said.strip()
    assert SLOW & set(modules.split()) == imported


def test_every_command_has_help() -> None:
    (commands,) = (action.choices for action in _parser()._actions if isinstance(action.choices, dict))
    assert {"neighbors", "analogy", "similarity", "export", "evaluate"} <= set(commands)
    for command, parser in commands.items():
        assert f"embedlab {command}" in parser.format_help()


def test_words_after_an_option() -> None:
    """argparse by itself takes a list of words before the first option or after it, not both."""
    options = _parsed(["resume", "RUN", "threads=1", "--allow", "mine", "seed=2"])
    assert (options.run, options.overrides, options.allow) == ("RUN", ["threads=1", "seed=2"], ["mine"])
    assert _parsed(["tag", "RUN", "--allow", "mine", "Time flies"]).texts == ["Time flies"]


@pytest.mark.parametrize("wrong", [["resume", "RUN", "--alow", "mine"], ["similarity", "RUN", "a", "b", "c"]])
def test_what_no_command_takes(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        _parsed(wrong)
    assert stopped.value.code == 2
    assert f"unrecognized arguments: {wrong[-1] if wrong[-1] == 'c' else '--alow mine'}" in capsys.readouterr().err
