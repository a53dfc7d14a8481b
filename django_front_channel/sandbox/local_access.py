"""Which requests may see the inbox page and use the control: those of this machine's own pages and tools.

A web page that is open in a browser on this machine must not read or change anything here, not even one whose host name
leads to this machine.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from .http_messages import Request, Response, json_response

# What a browser says of a request that the page itself makes, or the person at the address bar.
OWN_SITES = ("same-origin", "none")


class LocalAccess:
    """Knows the host names of the sandbox: those of loopback, and the one that it listens on."""

    def __init__(self) -> None:
        self._host = "localhost"

    def listen_on(self, host: str) -> None:
        """Take this as another name of the sandbox. If it stands for all interfaces, every address is one."""
        self._host = host.lower()

    def check_host(self, request: Request) -> Response | None:
        """Return a 403 if the request is for another host."""
        host = request.headers.get("Host")
        if host is None or self.knows_host(host):
            return None
        return _refuse(
            "This page is for localhost, or for the host given by --host, not for the host in the request."
        )

    def check_origin(self, request: Request) -> Response | None:
        """Return a 403 if a page of another origin makes the request."""
        own = f"{request.scheme}://{request.headers.get('Host', '')}"
        is_own = request.headers.get("Origin", own) == own
        if is_own and request.headers.get("Sec-Fetch-Site", "none") in OWN_SITES:
            return None
        return _refuse("Web pages of other sites cannot use the control.")

    def knows_host(self, host: str) -> bool:
        """Tell whether a ``Host`` header names the sandbox."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in ("localhost", self._host):
            return True
        with suppress(ValueError):
            address = ip_address(name)
            return address.is_loopback or self._listens_everywhere()
        return False

    def _listens_everywhere(self) -> bool:
        # An address in place of a name cannot be that of another site.
        with suppress(ValueError):
            return ip_address(self._host).is_unspecified
        return False


def _refuse(sentence: str) -> Response:
    return json_response(403, {"error": sentence})
