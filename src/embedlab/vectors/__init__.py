"""What training words leaves behind: vectors by word, and the formats they are kept in. Plain NumPy.

``load("vectors.bin").most_similar("currency")`` is all a notebook needs.
"""

from embedlab.vectors.formats import FORMATS, load, save
from embedlab.vectors.sense_vectors import SenseVectors
from embedlab.vectors.subword_vectors import SubwordVectors
from embedlab.vectors.word_vectors import WordVectors

__all__ = ["FORMATS", "SenseVectors", "SubwordVectors", "WordVectors", "load", "save"]
