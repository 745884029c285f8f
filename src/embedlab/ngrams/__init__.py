"""Markov models of words or characters, plain NumPy: counts of n-grams, smoothings, ARPA files.

``ModifiedKneserNey()(NGramTable.count(ids, offsets, len(vocabulary), 5)).perplexity(*test)`` is all a notebook needs.
"""

from embedlab.ngrams.arpa import read_arpa, write_arpa
from embedlab.ngrams.backoff import Katz, StupidBackoff
from embedlab.ngrams.jelinek_mercer import JelinekMercer
from embedlab.ngrams.kneser_ney import KneserNey, ModifiedKneserNey
from embedlab.ngrams.model import NGramModel
from embedlab.ngrams.smoothing import AddK, MaximumLikelihood, Smoothing, WittenBell
from embedlab.ngrams.table import NGramCounter, NGramTable, sentence_bounds

__all__ = [
    "AddK", "JelinekMercer", "Katz", "KneserNey", "MaximumLikelihood", "ModifiedKneserNey", "NGramCounter",
    "NGramModel", "NGramTable", "Smoothing", "StupidBackoff", "WittenBell", "read_arpa", "sentence_bounds",
    "write_arpa",
]  # fmt: skip
