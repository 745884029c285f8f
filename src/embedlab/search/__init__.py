"""Nearest-neighbour search."""

from embedlab.search.exact import ExactIndex, Neighbors

__all__ = ["ExactIndex", "Neighbors"]
