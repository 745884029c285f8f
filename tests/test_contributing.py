"""The worked examples of CONTRIBUTING.md: its files are written and its commands run, as a reader would."""

import re
import shlex
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
SECTIONS = [part for part in re.split(r"^## ", TEXT, flags=re.M)[1:] if "```sh" in part]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_example_runs(section, embedlab, tmp_path):
    for language, block in re.findall(r"```(python|yaml)\n(.*?)```", section, flags=re.S):
        name = re.match(r"# (\S+\.(?:py|yaml))\n", block)
        assert name, f"a {language} block that names no file"
        path = tmp_path / name.group(1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block)
    for command in re.findall(r"```sh\n(.*?)```", section, flags=re.S):
        for line in command.strip().splitlines():
            program, *arguments = shlex.split(line)
            assert program == "embedlab"
            done = embedlab(*arguments, "hydra.run.dir=run", "model.channels=8", "evaluation=quick")
            assert done.returncode == 0, done.stderr


def test_all_three_examples_are_there():
    assert [section.split()[1] for section in SECTIONS] == ["loss", "miner", "data"]


def test_the_readme_s_python_runs():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", readme, flags=re.S)
    names: dict = {}
    exec(block, names)
    assert names["embeddings"].grad.abs().sum() > 0
