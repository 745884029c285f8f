import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from embedlab.apps.words import export_vectors, open_vectors, vectors_file
from embedlab.cli import WORD_FORMATS
from embedlab.errors import BadInput
from embedlab.vectors import FORMATS, WordVectors, load, save
from embedlab.vectors.formats import format_of

VECTORS = WordVectors(["a", "b", "c"], np.array([[1, 0], [1, 1], [-1, 0]]))


def test_a_run_is_opened_by_its_exports(tmp_path):
    (tmp_path / "exports").mkdir()
    save(VECTORS, tmp_path / "exports" / "vectors.txt")
    assert vectors_file(tmp_path) == tmp_path / "exports" / "vectors.txt"
    save(VECTORS, tmp_path / "exports" / "vectors.bin")
    assert vectors_file(tmp_path) == tmp_path / "exports" / "vectors.bin"
    np.testing.assert_array_equal(open_vectors(tmp_path).vectors, VECTORS.vectors)


def test_nothing_there(tmp_path):
    with pytest.raises(BadInput, match="a run without exported vectors"):
        open_vectors(tmp_path)
    with pytest.raises(BadInput, match="none: no such file"):
        open_vectors(tmp_path / "none")


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run" / "exports").mkdir(parents=True)
    save(VECTORS, tmp_path / "run" / "exports" / "vectors.safetensors")
    return tmp_path / "run"


def test_the_command_knows_every_format():
    assert {*WORD_FORMATS, "safetensors"} == set(FORMATS)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "safetensors"])
def test_a_run_is_exported_beside_its_vectors(name, run):
    path = export_vectors(run, format=name)
    assert path == run / "exports" / f"vectors{FORMATS[name].suffix}"
    assert format_of(path) == name
    np.testing.assert_array_equal(load(path).vectors, VECTORS.vectors)
    assert vectors_file(run).name == "vectors.safetensors"


def test_a_file_is_exported_in_the_format_its_name_says(run, tmp_path):
    assert export_vectors(run, tmp_path / "a.vec") == tmp_path / "a.vec"
    assert (tmp_path / "a.vec").read_text().startswith("3 2\na 1 0\n")
    export_vectors(tmp_path / "a.vec", tmp_path / "a.txt", "glove")
    assert (tmp_path / "a.txt").read_text() == "a 1 0\nb 1 1\nc -1 0\n"


def test_words_for_the_projector(run):
    folder = export_vectors(run, format="projector")
    assert folder == run / "exports" / "projector"
    assert (folder / "metadata.tsv").read_text() == "a\nb\nc\n"
    assert "sprite" not in (folder / "projector_config.pbtxt").read_text()


def test_sparse_vectors_are_not_for_the_projector(tmp_path):
    save(WordVectors(["a", "b"], sparse.eye(2, 300)), tmp_path / "v.npz")
    with pytest.raises(BadInput, match=r"sparse vectors of 300 numbers, .*; model\.dimension=100"):
        export_vectors(tmp_path / "v.npz", format="projector")


def test_what_cannot_be_exported(run, tmp_path, monkeypatch):
    source = run / "exports" / "vectors.safetensors"
    for to, form, said in (
        (None, None, "say the format, as --format glove"),
        (None, "onnx", "--format onnx: word vectors are a table, no network; formats are word2vec, "),
        (None, "safetensors", "is what would be exported; name another file, as --to other.safetensors"),
        (source, None, "is what would be exported"),
        (tmp_path / "v.pdf", None, "its ending says no format"),
        (tmp_path / "none" / "v.vec", None, "No such file or directory"),
    ):
        with pytest.raises(BadInput, match=said):
            export_vectors(run, to, form)
    np.testing.assert_array_equal(load(source).vectors, VECTORS.vectors)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_without_space_the_command_says_so_and_the_old_file_stays(command, run, tmp_path, monkeypatch):
    (tmp_path / "old.vec").write_text("old")
    (tmp_path / "temporary").symlink_to("/dev/full")
    monkeypatch.setattr(Path, "with_name", lambda self, _: tmp_path / "temporary")
    done = command("export", "run", "--to", "old.vec")
    assert done.returncode == 2
    assert done.stderr == "embedlab: old.vec: No space left on device; the old file is as it was\n"
    assert (tmp_path / "old.vec").read_text() == "old"


def test_on_a_disk_that_is_full_the_old_file_stays(run, tmp_path):
    """A real one of 64 kB, which a user namespace lets anybody mount."""
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = "mount -t tmpfs -o size=64k none small && printf old > small/v.vec && "
    (tmp_path / "small").mkdir()
    if not shutil.which("unshare") or subprocess.run([*unshare, mount + "true"], cwd=tmp_path, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    save(WordVectors([f"w{n}" for n in range(5000)], np.ones((5000, 9))), run / "exports" / "vectors.safetensors")
    script = (
        f"{mount}{sys.executable} -m embedlab.cli export run --to small/v.vec; echo $?; cat small/v.vec; ls -A small"
    )
    done = subprocess.run([*unshare, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == "embedlab: small/v.vec: No space left on device; the old file is as it was\n"
    assert done.stdout == "2\noldv.vec\n"
