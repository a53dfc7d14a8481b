"""The one place where HTTP leaves this process for Front."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import BaseAdapter

from django_front_channel import __version__

from . import receiving
from .answers import Answer
from .connections import DeadlineAdapter, Exchange, current_exchange
from .deadline import Deadline
from .files import Destination
from .network import Network
from .operations import Operation, Request
from .tokens import Signer

HEADERS = {
    "Accept": "application/json",
    # A compressed answer may be a thousand times larger than what was received.
    "Accept-Encoding": "identity",
    "User-Agent": f"django-front-channel/{__version__}",
}
# A file may be of any type. Front: Core API, answer 200 of download-attachment-for-a-message.
DOWNLOAD_HEADERS = {**HEADERS, "Accept": "*/*"}


class Transport:
    """Sends single requests to ``api_url``, each with a JWT of its own.

    Below ``requests.Session`` on purpose: a session would take proxies and passwords from the environment, keep
    cookies, and read the body of a redirect to its end.
    """

    def __init__(self, api_url: str, signer: Signer, adapter: BaseAdapter | None) -> None:
        self._api_url = api_url
        self._signer = signer
        self._adapter = adapter or DeadlineAdapter()

    def send(self, operation: Operation[Any], request: Request, path: str, deadline: Deadline) -> Answer:
        """Send one request to ``path`` and read its answer to the end, all before ``deadline``.

        Raises ``FrontConnectionError`` when Front got no whole request, and ``FrontAmbiguousError`` when it may
        have, and no whole answer came. What the file of a download raises is not caught.
        """
        exchange = Exchange(deadline)
        reset = current_exchange.set(exchange)
        try:
            network = Network(operation, exchange)
            with network:
                response = self._send(self._prepare(operation.method, request, path), exchange)
            with response:
                if request.destination is not None:
                    return self._download(response, request.destination, network, exchange)
                with network:
                    return receiving.short_answer(response)
        finally:
            current_exchange.reset(reset)

    def close(self) -> None:
        self._adapter.close()

    def _prepare(self, method: str, request: Request, path: str) -> requests.PreparedRequest:
        accepted = HEADERS if request.destination is None else DOWNLOAD_HEADERS
        headers = {**accepted, "Authorization": f"Bearer {self._signer.token()}"}
        content = request.content
        if content is not None:
            headers["Content-Type"] = content.media_type
        query = f"?{urlencode(request.query)}" if request.query else ""
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method, self._api_url + path + query, headers, data=None if content is None else content.body
        )
        return prepared

    def _send(self, prepared: requests.PreparedRequest, exchange: Exchange) -> requests.Response:
        timeout = exchange.deadline.remaining()
        # What stands in for the network may have sent everything when it fails; a connection of ours knows.
        exchange.unsent = False
        return self._adapter.send(prepared, stream=True, timeout=timeout, verify=True, proxies={})

    def _download(
        self, response: requests.Response, destination: Destination, network: Network, exchange: Exchange
    ) -> Answer:
        if response.status_code == 200:
            return receiving.downloaded(response, destination, network)
        with network:
            answer = receiving.short_answer(response)
        url = receiving.storage_url(answer, self._api_url, network)
        if url is None:
            return answer
        # The storage refuses our JWT, and has no right to see it.
        with network:
            stored = self._send(requests.Request("GET", url, DOWNLOAD_HEADERS).prepare(), exchange)
        with stored:
            return receiving.downloaded(stored, destination, network)
