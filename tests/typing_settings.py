"""The apps that mypy shall know: those of the test host, the example's, and the yardstick of ``bench.ingest``."""

import example_project.settings as shop
from tests.settings import *  # noqa: F403 - the same host, with three apps more
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "example_project.shop", "example_project.phone", "bench.ingest.byhand"]
PHONE_NETWORK = shop.PHONE_NETWORK
SHOP_IS_DEMO = shop.SHOP_IS_DEMO
SHOP_FRONT_INBOX = shop.SHOP_FRONT_INBOX
