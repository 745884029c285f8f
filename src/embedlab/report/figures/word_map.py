"""A 2-D map of words."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.report.figures.embedding_map import project, set_apart
from embedlab.report.figures.figure import INK, WIDE, Figure, canvas, colour, save_vector
from embedlab.report.figures.labels import SIDES, write_labels
from embedlab.report.sweep import Sweep

Method = Literal["pca", "tsne", "umap"]
_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_SIZE, _LARGE = (7.4, 5.6), (WIDE, 7.6)  # inches
_MANY = 60  # words, of which the map is large
_FEWEST = 10  # words, of which fewer make no map
_APART = 0.1  # inches, between dots


def word_maps(sweep: Sweep, directory: Path) -> dict[str, Figure]:
    """A map of frequent words for each variant by its label; of a run alone one for each method, by its name.

    The methods are PCA and t-SNE, and UMAP where it is installed.
    """
    return dict(_maps(sweep, directory))


def _maps(sweep: Sweep, directory: Path) -> Iterator[tuple[str, Figure]]:
    methods: list[Method] = ["tsne"]
    if sweep.single:
        methods += ["pca", "umap"] if find_spec("umap") else ["pca"]
    for variant in sweep.variants:
        if run := variant.showcase("map_words", "map_vectors"):
            words, vectors = run.evaluation["map_words"].tolist(), run.evaluation["map_vectors"]
            for method in methods if len(words) >= _FEWEST and vectors.shape[1] > 1 else ():
                label, name = (_NAMES[method], method) if sweep.single else (variant.label, str(variant.number))
                yield label, word_map(words, vectors, directory, method=method, name=f"word_map_{name}")


def word_map(
    words: Sequence[str],
    vectors: NDArray[Any],
    directory: Path,
    groups: Sequence[str] | None = None,
    method: Method = "tsne",
    name: str = "word_map",
) -> Figure:
    """Words where a projection of their vectors, at length 1, puts them.

    A label that would cover an earlier one on every side is left out, its dot stays: give the most important words
    first. Dots that touch are moved apart.

    Args:
        words: N of them.
        vectors: ``(N, D)``.
        directory: gets the picture as a file.
        groups: ``(N,)`` of each word, one colour a group; None: all alike.
        method: ``pca``, ``tsne``, or ``umap``, which needs an extra.
        name: of the file.
    """
    size = _LARGE if len(words) > _MANY else _SIZE
    places = set_apart(place(vectors, method) * size, _APART)
    kinds = list(dict.fromkeys(groups or [""]))
    with canvas(*size) as drawn:
        axes = drawn.subplots()
        axes.set_axis_off()
        for number, kind in enumerate(kinds):
            rows = [row for row in range(len(words)) if groups is None or groups[row] == kind]
            axes.scatter(places[rows, 0], places[rows, 1], s=9, color=colour(number), linewidths=0, label=kind or None)
        axes.margins(0.08, 0.04)
        if groups:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=6, handletextpad=0, columnspacing=1.2)
        tints = [colour(kinds.index(kind)) for kind in groups] if groups else [INK] * len(words)
        write_labels(axes, words, places, tints, [tuple(SIDES)] * len(words), size=8.5, drop=True)
        svg = save_vector(drawn, directory, name)
    return Figure(
        name,
        "Map of words",
        f"{len(words)} words where {_NAMES[method]} puts their vectors (cosine); near words are alike, "
        "labels that would cover another are left out.",
        f"Map of {len(words)} words, among them {', '.join(words[:8])}",
        svg=svg,
    )


def place(vectors: NDArray[Any], method: Method) -> NDArray[np.float64]:
    """Places ``(N, 2)`` in the unit square, the same each time.

    Raises:
        BadInput: an unknown method, or UMAP without its extra.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
    if method == "tsne":
        return project(units)
    if method == "pca":
        from sklearn.decomposition import PCA

        places = PCA(2, random_state=0).fit_transform(units)
    elif method == "umap":
        try:
            from umap import UMAP
        except ImportError:
            raise BadInput("a map by UMAP needs an extra: pip install 'embedlab[umap]'") from None
        neighbours = min(15, len(units) - 1)
        places = UMAP(n_neighbors=neighbours, min_dist=0.3, random_state=0, n_jobs=1).fit_transform(units)
    else:
        raise BadInput(f"{method}: no such map of words; there are {', '.join(_NAMES)}")
    low, high = places.min(0), places.max(0)
    return np.asarray((places - low) / np.where(high > low, high - low, 1), np.float64)
