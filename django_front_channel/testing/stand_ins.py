"""Stand-ins for time, and for the network between the app and a Front in this process, without a socket or thread."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

from django.test import Client
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


# Two facts of Front must not fall into one millisecond, because nobody could tell which is the later one.
LOOK = timedelta(milliseconds=1)


class StoryClock:
    """A clock that stands still until ``advance()`` moves it. When Front reads the clock, it moves by one millisecond.

    Front and the app use it for retries, pauses, leases, ages, and the dates of signatures and JWTs. So a test gives
    the same result on a busy machine. Call the clock to get its time.
    """

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._now

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move the time forward, and return it. The next ``front.run()`` does the work that is due by then."""
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._now

    def front_looks(self) -> float:
        """Return unix seconds for Front, and move the clock by one millisecond."""
        self._now += LOOK
        return self._now.timestamp()


class SandboxAdapter(HTTPAdapter):
    """Carries a client's requests to ``sandbox``. The ``prefix`` is the path of the API URL."""

    def __init__(self, sandbox: WSGIApplication, prefix: str) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._prefix = prefix

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[..., Any]:
            started.update(status=int(status[:3]), reason=status[4:], headers=headers)
            return lambda data: None

        try:
            body = b"".join(self._sandbox(self._environ(request), start_response))
        except ConnectionAbortedError as error:  # a fault that the test asked for
            raise RequestsConnectionError(error, request=request) from error
        raw = HTTPResponse(io.BytesIO(body), preload_content=False, request_method=request.method, **started)
        return self.build_response(request, raw)

    def _environ(self, request: PreparedRequest) -> dict[str, Any]:
        parts = urlsplit(request.url or "")
        path = parts.path.removeprefix(self._prefix)
        body = _whole(request.body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            # In PATH_INFO, an encoded slash looks like a real one.
            "RAW_URI": f"{path}?{parts.query}" if parts.query else path,
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": parts.query,
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in request.headers.items()}
        environ |= {
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        return environ


def _whole(body: bytes | str | Iterable[bytes] | None) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b"".join(body or ())


class Host:
    """The host's site, as Front reaches it. Django's test client sends each webhook through all middleware."""

    # With https, a site may redirect http to https. Django allows this host name in every test.
    origin = "https://testserver"

    def __init__(self) -> None:
        self._http = Client(enforce_csrf_checks=True)

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one webhook to the path of ``url``, and return the answer. Errors of the host's code pass through."""
        path, content_type = urlsplit(url).path, headers.get("Content-Type", "")
        answer = self._http.generic(method, path, body, content_type, secure=True, headers=headers)
        return answer.status_code, answer.headers, answer.content
