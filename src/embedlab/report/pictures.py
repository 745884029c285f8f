"""Which figures a page shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from embedlab.report import figures
from embedlab.report.figures import Figure
from embedlab.report.sweep import Sweep
from embedlab.report.table import Table


@dataclass(frozen=True)
class Pictures:
    """The figures of a page.

    Attributes:
        intervals: the table as a picture.
        factors: the headline metric over what the sweep varies.
        plots: all variants in one plot.
        multiples: a panel per variant side by side.
        maps, neighbours, relations: a picture per variant, by its label.
        word_maps: likewise, of a run alone by the method of projection.
    """

    intervals: Figure | None
    factors: Figure | None
    plots: tuple[Figure, ...]
    multiples: tuple[Figure, ...]
    maps: Mapping[str, Figure]
    neighbours: Mapping[str, Figure]
    word_maps: Mapping[str, Figure]
    relations: Mapping[str, Figure]


def draw(sweep: Sweep, table: Table, most: int) -> Pictures:
    """Draws every figure the runs have data for, each also as a file in ``figures/``.

    Args:
        sweep: its first ``most`` variants are drawn; the view over factors takes them all.
        table: of all its variants.
    """
    directory = sweep.directory / "figures"
    directory.mkdir(exist_ok=True)
    drawn = sweep.part(list(sweep.variants[:most])) if len(sweep.variants) > most else sweep
    headline = table.headline
    plots = (figures.roc(drawn, directory), figures.validation_curve(drawn, directory, headline))
    kinds = (
        figures.distance_histograms, figures.tag_confusions, figures.calibration, figures.training_loss,
        figures.gradient_norm,
    )  # fmt: skip
    multiples = (kind(drawn, directory) for kind in kinds)
    return Pictures(
        intervals=figures.intervals(table, directory, most),
        factors=figures.heat_map(sweep, table, directory) or figures.parallel_coordinates(sweep, table, directory),
        plots=tuple(figure for figure in plots if figure),
        multiples=tuple(figure for figure in multiples if figure),
        maps=figures.embedding_maps(drawn, directory),
        neighbours=figures.neighbour_rows(drawn, directory),
        word_maps=figures.word_maps(drawn, directory),
        relations=figures.relation_figures(drawn, directory),
    )
