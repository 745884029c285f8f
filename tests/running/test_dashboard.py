import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedlab.running.dashboard import EVENTS, Curves

pytest.importorskip("tensorboard")


def two_runs(directory: Path) -> Path:
    """A sweep of two runs with a line each."""
    for number, loss in enumerate(("triplet", "arcface")):
        run = directory / str(number)
        run.mkdir(parents=True)
        (run / "status.json").write_text('{"status": "running"}')
        (run / "overrides.yaml").write_text(f"- loss={loss}\n")
        (run / "history.jsonl").write_text('{"step": 10, "epoch": 0, "train/loss": 0.5}\n')
    return directory


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    return two_runs(tmp_path / "sweep")


def scalars(folder: Path, key: str) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(key)]


def test_curves_are_copied_as_they_grow(sweep: Path) -> None:
    curves = Curves(sweep)
    curves.update()
    with (sweep / "0" / "history.jsonl").open("a") as file:
        file.write('{"step": 20, "epoch": 0, "train/loss": 0.25}\n{"step": 30, "epo')  # the last is half written
    curves.update()
    assert scalars(sweep / EVENTS / "0 triplet", "train/loss") == [(10, 0.5), (20, 0.25)]
    assert scalars(sweep / EVENTS / "1 arcface", "train/loss") == [(10, 0.5)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the dashboard of two runs, as the command serves it."""
    directory = two_runs(tmp_path_factory.mktemp("served") / "sweep")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = subprocess.Popen([sys.executable, "-m", "embedlab.cli", "dashboard", str(directory), "--port", str(port)])
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end and len(runs(f"http://127.0.0.1:{port}")) < 2:
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        command.terminate()
        command.wait()
    with pytest.raises(OSError, match="refused"):  # the server ended with the command
        urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs")


def runs(address: str) -> list[str]:
    """What TensorBoard knows so far; nothing while it starts."""
    try:
        with urllib.request.urlopen(f"{address}/data/runs") as answer:
            return json.load(answer)
    except OSError:
        return []


def test_the_server_knows_the_runs(server: str) -> None:
    assert sorted(runs(server)) == ["0 triplet", "1 arcface"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here")
def test_the_page_shows_the_runs(server: str, tmp_path: Path) -> None:
    shown = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path}", "--window-size=1400,900", "--virtual-time-budget=20000", "--dump-dom",
            f"{server}/#timeseries",
        ],
        capture_output=True, text=True, timeout=90, check=True,
    ).stdout  # fmt: skip
    for words in ("0 triplet", "1 arcface", "train/loss"):
        assert words in shown


def test_nothing_to_show(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", "dashboard", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no run in it" in done.stderr
