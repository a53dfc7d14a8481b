"""A host whose INSTALLED_APPS is a tuple."""

from tests.hosts.projects.base import *

INSTALLED_APPS = tuple(INSTALLED_APPS)
