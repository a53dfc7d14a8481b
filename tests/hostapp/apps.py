from django.apps import AppConfig

from tests import rooms


class HostAppConfig(AppConfig):
    name = "tests.hostapp"

    def ready(self) -> None:
        rooms.watch_connections()
