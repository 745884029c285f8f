"""Compiled hot loops, each behind a plain function."""
