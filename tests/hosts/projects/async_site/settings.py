"""A host with async views, on the database of the test that starts it."""

import os

from tests.settings import *

ROOT_URLCONF = "tests.hosts.projects.async_site.urls"
FRONT_CHANNEL_API_URL = os.environ["HOST_FRONT"]
FRONT_CHANNEL_PUBLIC_URL = os.environ["HOST_URL"]
