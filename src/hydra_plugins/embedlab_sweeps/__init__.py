"""Hydra plugins: sweepers and launchers of embedlab. Hydra finds them in this place."""
