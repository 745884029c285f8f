"""The walk through a sweep in docs/sweeps.md, command for command, with the kill it asks for."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "sweeps.md"


def commands() -> list[list[str]]:
    """Those of the walk, in order."""
    walk = PAGE.read_text().split("## Twelve jobs")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", walk, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line]


def test_the_walk(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    first, *rest = [[sys.executable, "-m", "embedlab.cli", *words[1:]] for words in commands()]
    assert len(rest) == 5

    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            first, cwd=tmp_path, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        while not (tmp_path / "sweeps/first/1/status.json").exists():
            assert process.poll() is None, (tmp_path / "output").read_text()
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)  # the launcher and its jobs at one blow, as when the plug is pulled
        process.wait()

    said = []
    for command in rest:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    status, dry_run, resumed, retried, report = said
    assert "planned" in status
    assert dry_run.count("→ to run") == 11
    assert "[11/11]" in resumed
    assert "nothing left to run" in retried
    assert "12 of 12 jobs done." in report
