from pathlib import Path

from embedlab.atomic import write_atomically


def test_the_folder_is_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a/b/c", b"\x00")
    write_atomically(tmp_path / "a/b/c", "ä")
    assert (tmp_path / "a/b/c").read_text(encoding="utf-8") == "ä"
