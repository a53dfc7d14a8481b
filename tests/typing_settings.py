"""The apps that mypy shall know: those of the test host, and the example's."""

from tests.settings import *  # noqa: F403 - the same host, with one app more
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "example_project.shop"]
