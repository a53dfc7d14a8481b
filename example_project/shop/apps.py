from __future__ import annotations

from django.apps import AppConfig

from django_front_channel import signals


class ShopConfig(AppConfig):
    name = "example_project.shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers here, so that both the site and the worker have them from the start."""
        from . import front, orders

        signals.message_imported.connect(front.note_import)
        signals.message_imported.connect(orders.answer_question)
        signals.teammate_message_received.connect(front.note_answer)
        signals.channel_connected.connect(front.note_connection)
