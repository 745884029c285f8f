"""embedlab trains, compares and uses embeddings; every part is a choice in a config file."""

__version__ = "0.1.0"
