"""Access to the inbox page and the control: only for the sandbox's own page, and for tools on this machine.

Other web pages that are open in a browser on this machine must not read or change anything here, not even a page with a
host name that resolves to this machine.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from .http_messages import Request, Response, json_response

# Sec-Fetch-Site of requests from the page itself, and from the address bar.
OWN_SITES = ("same-origin", "none")


class LocalAccess:
    """Checks requests against the host names of the sandbox: those of loopback, and the one that it listens on."""

    def __init__(self) -> None:
        self._host = "localhost"

    def listen_on(self, host: str) -> None:
        """Accept ``host`` as a name of the sandbox. If it means all interfaces, accept every IP address."""
        self._host = host.lower()

    def check_host(self, request: Request) -> Response | None:
        """Return a 403 if the request is for another host, otherwise None."""
        host = request.headers.get("Host")
        if host is None or self.knows_host(host):
            return None
        return _refuse(
            "The host in the request is not this sandbox's: use localhost, or the host given by --host."
        )

    def check_origin(self, request: Request) -> Response | None:
        """Return a 403 if the request comes from a page of another origin, otherwise None."""
        own = f"{request.scheme}://{request.headers.get('Host', '')}"
        is_own = request.headers.get("Origin", own) == own
        if is_own and request.headers.get("Sec-Fetch-Site", "none") in OWN_SITES:
            return None
        return _refuse("Web pages of other sites cannot use the control.")

    def knows_host(self, host: str) -> bool:
        """Return whether ``host``, a ``Host`` header, names the sandbox."""
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
        # An IP address is never the name of another site.
        with suppress(ValueError):
            return ip_address(self._host).is_unspecified
        return False


def _refuse(sentence: str) -> Response:
    return json_response(403, {"error": sentence})
