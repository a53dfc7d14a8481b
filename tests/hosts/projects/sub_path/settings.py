"""A host below a path of its own."""

from tests.hosts.projects.base import *

FORCE_SCRIPT_NAME = "/shop"
