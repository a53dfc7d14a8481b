"""The settings of the tests' project, with more pages."""

from tests.settings import *  # noqa: F403 - that very project

ROOT_URLCONF = "bench.admin.urls"
