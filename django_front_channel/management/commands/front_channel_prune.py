from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from django_front_channel.services import retention


class Command(BaseCommand):
    help = (
        "Blank the bodies of old webhooks, and delete old settled outbox entries, as FRONT_CHANNEL_RETENTION says. "
        "Also delete files without a message, idle lanes, finished batches and ended pauses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        pruned = retention.prune(dry_run=dry_run)
        would = "would be " if dry_run else ""
        self.stdout.write(f"{pruned.webhook_bodies} webhook bodies {would}blanked")
        self.stdout.write(
            f"{pruned.outbox_entries} outbox entries and {pruned.outbox_attempts} attempts {would}deleted"
        )
        self.stdout.write(f"{pruned.files} stray files {would}deleted")
        self.stdout.write(
            f"{pruned.outbox_lanes} idle lanes, {pruned.pauses} pauses and {pruned.batches} batches {would}deleted"
        )
