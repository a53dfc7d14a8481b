"""The inbox page, which shows what a teammate sees, and every request and webhook.

    GET /                     the page
    GET /_inbox/{name}        a style sheet, a script or the icon
    GET /_inbox/files/{id}    a file of a message or a comment

The page uses the control under ``/_sandbox/``, as any other client may. It loads nothing from other hosts. It shows
messages as plain text, never as markup.
"""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import quote

from django_front_channel.sandbox.http_messages import Request, Response, with_etag
from django_front_channel.sandbox.records import Attachment, State

ROOT = ("",)
PREFIX = "_inbox"
_PAGE = files(__package__) / "assets"
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# Types that a browser shows as pictures and never runs.
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def respond(state: State, request: Request) -> Response:
    """Return the response to a request for the page or for one of its files."""
    if request.method != "GET":
        return _nothing(405)
    match request.segments:
        case ("",):
            return _part("page.html", request)
        case ("_inbox", name):
            return _part(name, request)
        case ("_inbox", "files", file_id) if attachment := state.attachment(file_id):
            return _file(attachment)
    return _nothing(404)


def _part(name: str, request: Request) -> Response:
    content = {each.name: each for each in _PAGE.iterdir()}.get(name)
    if content is None:
        return _nothing(404)
    kind = f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8"
    headers = {"Content-Type": kind, "Content-Security-Policy": _POLICY, **_HEADERS}
    return with_etag(Response(200, content.read_bytes(), headers), request)


def _file(attachment: Attachment) -> Response:
    """Return a file. Browsers show pictures and download other files, because a page could run a script."""
    is_picture = attachment.content_type in _PICTURES
    how = "inline" if is_picture else "attachment"
    headers = {
        "Content-Type": attachment.content_type if is_picture else "application/octet-stream",
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(attachment.filename, safe='', errors='replace')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        **_HEADERS,
    }
    return Response(200, attachment.content, headers)


def _nothing(status: int) -> Response:
    return Response(
        status, b"There is nothing here.\n", {"Content-Type": "text/plain; charset=utf-8", **_HEADERS}
    )
