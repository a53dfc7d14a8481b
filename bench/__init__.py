"""Measurements, each in a module with ``section()``. ``make bench`` runs them all into ``RESULTS.md``."""
