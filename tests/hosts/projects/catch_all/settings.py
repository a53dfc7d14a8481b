"""A host whose CMS takes every URL that nothing else takes, and some before."""

from tests.hosts.projects.base import *

ROOT_URLCONF = "tests.hosts.projects.catch_all.urls"
