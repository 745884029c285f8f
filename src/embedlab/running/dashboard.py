"""A local dashboard of any run or sweep: its ``history.jsonl`` files shown by TensorBoard, also while they grow."""

import importlib.util
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

from embedlab.errors import BadInput
from embedlab.report.sweep import read

EVENTS = ".tensorboard"  # below the directory shown; a folder for each run
EVERY = 5.0  # seconds between looks at what was logged


def serve(directory: Path, port: int) -> int:
    """Show the directory on ``http://127.0.0.1:port`` until interrupted; the exit status of TensorBoard.

    Raises:
        BadInput: nothing to show, or TensorBoard is not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise BadInput("embedlab dashboard needs TensorBoard: pip install 'embedlab[tensorboard]'")
    curves = Curves(directory)
    curves.update()
    command = [
        sys.executable, "-m", "tensorboard.main", "--logdir", str(directory / EVENTS), "--host", "127.0.0.1",
        "--port", str(port), "--reload_interval", str(EVERY),
    ]  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what is below is run, and no server stays behind
    server = subprocess.Popen(command)
    stop = threading.Event()
    threading.Thread(target=curves.follow, args=(stop,), daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop.set()
        server.terminate()


class Curves:
    """The learning curves of all runs of a directory, copied into event files as they grow."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lines: dict[Path, int] = {}  # of each history, how many are copied

    def update(self) -> None:
        """Copy what is new.

        Raises:
            BadInput: there is no run in the directory.
        """
        from torch.utils.tensorboard import SummaryWriter

        sweep = read(self.directory)
        for run in sweep.runs:
            history = run.directory / "history.jsonl"
            text = history.read_text() if history.is_file() else ""
            lines = text[: text.rfind("\n") + 1].splitlines()
            done = self.lines.get(history, 0)
            if len(lines) <= done:
                continue
            name = "run" if sweep.single else f"{run.directory.name} {sweep.label(run)}".replace("/", "_")
            with SummaryWriter(str(self.directory / EVENTS / name), filename_suffix=f".{done}") as writer:
                for line in map(json.loads, lines[done:]):
                    step = line.pop("step")
                    for key, value in line.items():
                        writer.add_scalar(key, value, step)
            self.lines[history] = len(lines)

    def follow(self, stop: threading.Event) -> None:
        """Update until told to stop."""
        while not stop.wait(EVERY):
            self.update()
