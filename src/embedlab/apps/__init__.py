"""Using what was trained: compare images, export models and embeddings."""
