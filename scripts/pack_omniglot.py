"""Pack Omniglot at 28×28 into src/embedlab/data/bundled/omniglot_28.npz:  python scripts/pack_omniglot.py SOURCE

SOURCE holds omniglot_background.npz and omniglot_evaluation.npz (bit-packed 105×105 drawings with their alphabet,
character and drawer), one_shot_all_runs.zip as published at github.com/brendenlake/omniglot, and splits_vinyals/*.txt
(lines Alphabet/characterNN/rotNNN). Prints the sha256 that embedlab.data.omniglot.BUNDLED_SHA256 must state.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from embedlab.data import omniglot


def read_drawings(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ink (K, 20, 105, 105), alphabet (K,) and character (K,) of each class, and the alphabets' names."""
    with np.load(file) as arrays:
        order = np.lexsort((arrays["drawer"], arrays["character"], arrays["alphabet"]))
        ink = np.unpackbits(arrays["images"][order], axis=2)[:, :, :105].astype(bool)
        drawers = arrays["drawer"][order].reshape(-1, omniglot.DRAWERS)
        assert (drawers == np.arange(1, omniglot.DRAWERS + 1)).all()
        first = order[:: omniglot.DRAWERS]
        return (
            ink.reshape(*drawers.shape, 105, 105),
            arrays["alphabet"][first],
            arrays["character"][first],
            arrays["alphabet_names"],
        )


def read_runs(file: Path, ink: np.ndarray) -> np.ndarray:
    """Support and query rows (20, 2, 20) of the runs, found among the drawings (N, 105, 105) bit by bit."""
    row_of = {drawing.tobytes(): row for row, drawing in enumerate(ink)}
    with zipfile.ZipFile(file) as archive:

        def row(member: str) -> int:
            return row_of[(~np.asarray(Image.open(io.BytesIO(archive.read(member))).convert("1"))).tobytes()]

        runs = []
        for run in range(1, 21):
            pairs = [line.split() for line in archive.read(f"run{run:02d}/class_labels.txt").decode().splitlines()]
            pairs.sort(key=lambda pair: pair[1])
            runs.append([[row(training) for _, training in pairs], [row(test) for test, _ in pairs]])
    return np.array(runs)


def main(source: Path) -> None:
    """Write the file and print its size and sha256."""
    background, evaluation = (read_drawings(source / f"omniglot_{part}.npz") for part in ("background", "evaluation"))
    ink = np.concatenate([background[0], evaluation[0]])
    alphabet = np.concatenate([background[1], evaluation[1] + len(background[3])])
    character = np.concatenate([background[2], evaluation[2]])
    names = np.concatenate([background[3], evaluation[3]])
    classes = {f"{names[a]}/character{c:02d}": k for k, (a, c) in enumerate(zip(alphabet, character, strict=True))}

    def vinyals(part: str) -> np.ndarray:
        lines = (source / "splits_vinyals" / f"{part}.txt").read_text().split()
        split = (line.rpartition("/rot") for line in lines)
        return np.array([(classes[name], omniglot.ROTATIONS.index(int(angle))) for name, _, angle in split])

    flat = ink.reshape(-1, 105, 105)
    contents = {
        "images": omniglot.pack(omniglot.shrink(flat)),
        "alphabet": alphabet.astype(np.uint8),
        "character": character.astype(np.uint8),
        "alphabet_names": names,
        "background_classes": np.array(len(background[1])),
        "runs": read_runs(source / "one_shot_all_runs.zip", flat),
        **{f"vinyals_{part}": vinyals(part) for part in ("train", "val", "test")},
    }
    target = Path(omniglot.__file__).parent / "bundled" / omniglot.BUNDLED
    np.savez(target, **contents)
    data = target.read_bytes()
    print(f"{target}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
