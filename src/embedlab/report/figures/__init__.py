"""The figures of a report, one kind a file: a sweep in, pictures out, each also saved as a file of its own."""

from embedlab.report.figures.calibration import calibration
from embedlab.report.figures.curves import gradient_norm, training_loss, validation_curve
from embedlab.report.figures.embedding_map import embedding_maps
from embedlab.report.figures.figure import Figure, colour
from embedlab.report.figures.heat_map import heat_map
from embedlab.report.figures.histogram import distance_histograms
from embedlab.report.figures.intervals import intervals
from embedlab.report.figures.neighbours import neighbour_rows
from embedlab.report.figures.parallel_coordinates import parallel_coordinates
from embedlab.report.figures.relation_arrows import Relation, relation_arrows, relation_figures
from embedlab.report.figures.roc import roc
from embedlab.report.figures.tag_confusions import tag_confusions
from embedlab.report.figures.word_map import word_map, word_maps

__all__ = [
    "Figure",
    "Relation",
    "calibration",
    "colour",
    "distance_histograms",
    "embedding_maps",
    "gradient_norm",
    "heat_map",
    "intervals",
    "neighbour_rows",
    "parallel_coordinates",
    "relation_arrows",
    "relation_figures",
    "roc",
    "tag_confusions",
    "training_loss",
    "validation_curve",
    "word_map",
    "word_maps",
]
