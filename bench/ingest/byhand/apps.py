from __future__ import annotations

from django.apps import AppConfig


class ByHandConfig(AppConfig):
    name = "bench.ingest.byhand"

    def ready(self) -> None:
        from bench.ingest.byhand import views
        from django_front_channel import signals

        for signal in (views.message_imported, signals.message_imported):
            signal.connect(receiver)


def receiver(**_: object) -> None:
    """Do nothing. This receiver stands for the rest of the project, on both sides."""
