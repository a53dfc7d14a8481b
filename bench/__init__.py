"""Measurements, each in a module with ``section()``. ``make bench`` runs them and writes ``RESULTS.md``."""
