"""A host that changes nothing."""

from tests.hosts.projects.base import *
