import os
import socket
from pathlib import Path

import pytest

from embedlab.cli import main
from embedlab.errors import BadInput
from embedlab.running.sync import sync


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """One job was resumed, one is sent, and one is at work."""
    for number, parts in enumerate((["1-a", "2-a"], ["1-b"], ["1-c"])):
        run = tmp_path / "my sweep" / str(number)
        for part in parts:
            (run / "wandb" / f"offline-run-{part}").mkdir(parents=True)
            (run / "wandb" / f"offline-run-{part}" / f"run-{part}.wandb").touch()
        (run / "status.json").write_text('{"status": "done"}')
    (tmp_path / "my sweep" / "1" / "wandb" / "offline-run-1-b" / "run-1-b.wandb.synced").touch()
    (tmp_path / "my sweep" / "2" / "status.json").write_text(
        f'{{"status": "running", "pid": {os.getpid()}, "host": "{socket.gethostname()}"}}'
    )
    return tmp_path / "my sweep"


def test_a_dry_run_names_a_command_for_each_run(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sync(sweep, dry_run=True) == 0
    first, how, *commands = capsys.readouterr().out.splitlines()
    assert first == "3 offline runs: 1 sent, 1 not sent, 1 at work"
    assert f"embedlab sync '{sweep}'" in how
    assert commands == [f"wandb sync '{sweep}/0/wandb/offline-run-1-a' '{sweep}/0/wandb/offline-run-2-a'"]


def test_without_a_login_the_commands_are_named_and_nothing_is_lost(sweep: Path, embedlab, tmp_path: Path) -> None:
    done = embedlab("sync", str(sweep), HOME=str(tmp_path), NETRC=str(tmp_path / "none"), WANDB_API_KEY="")
    assert done.returncode == 1
    assert "wandb login" in done.stdout
    assert "Traceback" not in done.stderr
    assert f"wandb sync '{sweep}/0/wandb/offline-run-1-a'" in done.stdout


def test_all_sent(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part in sweep.glob("*/wandb/*/*.wandb"):
        part.with_suffix(".wandb.synced").touch()
    assert sync(sweep) == 0
    assert capsys.readouterr().out == "3 offline runs: 2 sent, 0 not sent, 1 at work\n"


def test_nothing_to_send(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.endswith("nowhere: no such directory; give a run or a sweep\n")
    (tmp_path / "status.json").write_text('{"status": "done"}')
    with pytest.raises(BadInput, match=r"no offline run of Weights & Biases in it; logger=\[wandb\] writes them"):
        sync(tmp_path)
