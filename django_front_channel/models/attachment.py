"""The files of messages, which Front or a storage of the host may hold."""

from __future__ import annotations

from django.core.files import File
from django.core.files.storage import storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import ExactIdField, WholeCharField
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models.message import Message


class Attachment(models.Model):
    """A file of a message. It is in Front at ``front_id`` and ``url``, and here in ``storage`` under ``name``."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("message")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    front_id = ExactIdField(_("Front id"), max_length=64, blank=True)
    url = WholeCharField(_("URL in Front"), max_length=1000, blank=True)
    filename = WholeCharField(_("file name"), max_length=255, blank=True)
    content_type = WholeCharField(_("content type"), max_length=255, blank=True)
    size = models.BigIntegerField(_("size"), null=True, blank=True)
    is_inline = models.BooleanField(_("inline"), default=False)
    content_id = ExactIdField(_("content id"), max_length=255, blank=True)
    storage = models.CharField(_("storage"), max_length=64, blank=True)
    name = ExactIdField(_("name in storage"), max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects = PrimaryManager["Attachment"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("message", "position")
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="fc_attachment_position")]
        indexes = [models.Index(fields=["name"], name="fc_attachment_name")]

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def is_stored(self) -> bool:
        """True if we have the file. A teammate's file is fetched only when you ask for it."""
        return bool(self.name)

    def open(self) -> File[bytes]:
        """Open the stored file at its beginning. Close it, or use it in a ``with`` statement.

        Raises ``InvalidArgument`` if the file is not stored here. Errors of the storage pass through, such as
        ``FileNotFoundError``.
        """
        if not self.is_stored:
            raise InvalidArgument(
                "This attachment is not stored here. Fetch it with services.attachments.fetch().",
                code="not_readable",
                argument="attachment",
            )
        return storages[self.storage].open(self.name, "rb")
