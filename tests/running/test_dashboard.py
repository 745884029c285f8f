import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from embedlab.running.dashboard import EVENTS, Curves

pytest.importorskip("tensorboard")


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Two runs with a line each."""
    for number, loss in enumerate(("triplet", "arcface")):
        run = tmp_path / "sweep" / str(number)
        run.mkdir(parents=True)
        (run / "status.json").write_text('{"status": "running"}')
        (run / "overrides.yaml").write_text(f"- loss={loss}\n")
        (run / "history.jsonl").write_text('{"step": 10, "epoch": 0, "train/loss": 0.5}\n')
    return tmp_path / "sweep"


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


def test_the_page_knows_the_runs(sweep: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "embedlab.cli", "dashboard", str(sweep), "--port", str(port)])
    try:
        runs: list[str] = []
        end = time.monotonic() + 120
        while time.monotonic() < end and len(runs) < 2:
            time.sleep(0.5)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs") as answer:
                    runs = json.load(answer)
            except OSError:
                continue
        assert sorted(runs) == ["0 triplet", "1 arcface"]
    finally:
        server.terminate()
        server.wait()
    with pytest.raises(OSError, match="refused"):  # the server ended with the command
        urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs")


def test_nothing_to_show(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", "dashboard", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no run in it" in done.stderr
