"""The files of a message. They can be downloaded but are never displayed, because their senders may be hostile."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_front_channel.admin.row_admin import FactInline
from django_front_channel.models import Attachment

DOWNLOAD = "front_channel_attachment_download"
# Even if a browser opens the file, it must not run or load anything.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


class AttachmentInline(FactInline):
    model = Attachment
    fields = (
        "position",
        "filename",
        "content_type",
        "size",
        "file",
        "is_inline",
        "content_id",
        "front_id",
        "url",
        "storage",
        "name",
        "sha256",
    )

    @admin.display(description=_("file"))
    def file(self, attachment: Attachment) -> SafeString | str:
        if not attachment.is_stored:
            return ""
        url = reverse(f"admin:{DOWNLOAD}", args=[attachment.pk], current_app=self.admin_site.name)
        return format_html('<a href="{}">{}</a>', url, gettext("Download"))


def download(request: HttpRequest, pk: int) -> FileResponse:
    """Return the stored file as a download. Raises ``PermissionDenied`` unless the user may view attachments."""
    # As everywhere in the admin, the permission to change includes the permission to view.
    if not any(request.user.has_perm(f"front_channel.{verb}_attachment") for verb in ("view", "change")):
        raise PermissionDenied
    attachment = Attachment.objects.filter(pk=pk).exclude(name="").first()
    try:
        file = attachment.open() if attachment else None
    except FileNotFoundError:
        file = None
    if attachment is None or file is None:
        raise Http404(gettext("This file is not in the storage."))
    return FileResponse(
        file,
        as_attachment=True,
        filename=attachment.filename or f"attachment-{attachment.pk}",
        content_type="application/octet-stream",
        headers=HEADERS,
    )


def download_url(site: admin.AdminSite) -> URLPattern:
    """Return the route for downloads in this admin site, to be included below the page of messages."""
    return path("attachments/<int:pk>/", site.admin_view(download), name=DOWNLOAD)
