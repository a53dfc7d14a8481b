"""Checks of hosts: of the API URL, and of the redirects and links of Front that the client may follow."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, parse_qs, unquote, urljoin, urlsplit

from django_front_channel.exceptions import InvalidArgument

from .arguments import validate_id

FRONT_HOST = "api2.frontapp.com"
FRONT_COMPANY_HOSTS = ".api.frontapp.com"
STORAGE_HOSTS = ".amazonaws.com"
LONGEST_PAGE_TOKEN = 2000
_CONVERSATION_PATH = r"/conversations/([^/]+)(/.*)?"


def normalize_api_url(api_url: str, *, has_adapter: bool) -> str:
    """Return ``api_url`` without its trailing slash. Raises ``InvalidArgument``.

    The URL must be https, or http for a loopback host. An adapter that replaces the network may use http for any host.
    """
    parts = _split(api_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidArgument(
            "The API URL must begin with https:// and name a host.", code="malformed", argument="api_url"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidArgument(
            "The API URL must hold no user, password, query or fragment.",
            code="malformed",
            argument="api_url",
        )
    if parts.scheme == "http" and not (has_adapter or _is_loopback(parts.hostname)):
        raise InvalidArgument(
            "The API URL must be https: over http, anybody on the network could read the JWT.",
            code="not_allowed",
            argument="api_url",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def conversation_moved_to(location: str, api_url: str) -> str:
    """Return the id of the conversation that a redirect of Front leads to.

    The header ``location`` may be absolute, or relative to ``api_url``. Only the id in it is used. Raises
    ``ValueError`` when its host is not Front's, or its path is not that of a conversation.
    Front: Core API, response 301 of the operations on a conversation, after a merge.
    """
    configured = urlsplit(api_url)
    target = urlsplit(urljoin(api_url, location))
    if not _is_front(target, configured):
        raise ValueError("The redirect leads to a foreign host.")
    is_configured = target.hostname == configured.hostname
    path = target.path.removeprefix(configured.path) if is_configured else target.path
    if not (found := re.fullmatch(_CONVERSATION_PATH, path)):
        raise ValueError("The redirect does not lead to a conversation.")
    return validate_id(unquote(found[1]), "The conversation id in the redirect")


def page_token(link: object, asked: str) -> str:
    """Return the token in ``link``, Front's link to the next page. Nothing else in the link is used.

    The URL of the current page is ``asked``. Raises ``ValueError`` when the host of ``link`` is neither Front's nor
    that of ``asked``. Front: https://dev.frontapp.com/docs/pagination
    """
    if not isinstance(link, str):
        raise ValueError("The link to the next page is not a text.")
    target = urlsplit(link)
    if not _is_front(target, urlsplit(asked)):
        raise ValueError("The link to the next page leads to a foreign host.")
    token = parse_qs(target.query).get("page_token", [""])[0]
    if not 1 <= len(token) <= LONGEST_PAGE_TOKEN:
        raise ValueError("The link to the next page holds no usable page_token.")
    return token


def storage_url(location: str, api_url: str) -> str:
    """Return the absolute URL of ``location``, a redirect to a file in Front's storage.

    Raises ``ValueError`` unless it is an https URL of a host below amazonaws.com, or has the origin of ``api_url``, as
    in the sandbox.
    """
    url = urljoin(api_url, location)
    target, configured = urlsplit(url), urlsplit(api_url)
    target.port  # noqa: B018 - raises for an invalid port
    is_storage = target.scheme == "https" and (target.hostname or "").endswith(STORAGE_HOSTS)
    is_configured = (target.scheme, target.netloc) == (configured.scheme, configured.netloc)
    if "@" in target.netloc or not (is_storage or is_configured):
        raise ValueError("The redirect leads to a foreign host.")
    return url


def _is_front(target: SplitResult, configured: SplitResult) -> bool:
    host = target.hostname or ""
    return host in (configured.hostname, FRONT_HOST) or host.endswith(FRONT_COMPANY_HOSTS)


def _split(api_url: object) -> SplitResult:
    if not isinstance(api_url, str) or not api_url.isprintable() or " " in api_url:
        raise InvalidArgument(
            "The API URL must be a str without spaces and control characters.",
            code="malformed",
            argument="api_url",
        )
    try:
        parts = urlsplit(api_url)
        parts.port  # noqa: B018 - raises for an invalid port
    except ValueError as error:
        raise InvalidArgument(
            f"The API URL cannot be read: {error}.", code="malformed", argument="api_url"
        ) from None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
