"""A Django reusable app for Front's Channel API (application channels)."""

__version__ = "0.1.0"
