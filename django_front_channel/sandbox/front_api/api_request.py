"""One authenticated API request, and the responses that several operations use.

Source of the pages: https://dev.frontapp.com/docs/pagination
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from django_front_channel.sandbox.assumptions import Assumptions
from django_front_channel.sandbox.body_rules import Empty, Rule
from django_front_channel.sandbox.company import Company
from django_front_channel.sandbox.documents import Documents
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Moved,
    Request,
    Response,
    invalid_body,
    json_response,
    not_found,
)
from django_front_channel.sandbox.multipart_forms import read_form
from django_front_channel.sandbox.records import Attachment, Channel, Conversation, Message, State, new_id

DEFAULT_PAGE = 50
LARGEST_PAGE = 100

NO_CONTENT = Response(204)
ACCEPTED = Response(202)


@dataclass(frozen=True)
class ApiRequest:
    """An authenticated API request, with the ``channel`` of its JWT, and with ``ids``, the parameters in its path."""

    company: Company
    channel: Channel
    http: Request
    ids: dict[str, str]

    @property
    def state(self) -> State:
        return self.company.state

    @property
    def assumptions(self) -> Assumptions:
        return self.company.assumptions

    @property
    def documents(self) -> Documents:
        return self.company.documents

    def body(self, rule: Rule) -> Json:
        """Return the JSON object in the body if it fits ``rule``. Raises :class:`ApiError` 400."""
        try:
            document = self.http.json()
        except ValueError as error:
            raise invalid_body([f"body: {error}"]) from None
        self._check(document, rule)
        return document

    def body_and_files(self, rule: Rule) -> tuple[Json, list[Attachment]]:
        """Return the body as ``body`` does, and the files if it is a form. Raises :class:`ApiError` 400."""
        content_type = self.http.headers.get("Content-Type", "")
        if not content_type.lower().startswith("multipart/"):
            return self.body(rule), []
        try:
            document, uploads = read_form(content_type, self.http.body)
        except ValueError as error:
            raise invalid_body([f"body: {error}"]) from None
        self._check(document, rule)
        limit = self.assumptions.attachments_limit
        if sum(len(upload.content) for upload in uploads) > limit:
            raise invalid_body([f"body.attachments: must have at most {limit} bytes together"])
        return document, [Attachment(new_id("fil"), *upload) for upload in uploads]

    def conversation(self) -> Conversation:
        """Return the conversation in the path. Raises :class:`ApiError` 404, or :class:`Moved` after a merge."""
        conversation = self.state.conversations.get(self.ids["conversation_id"])
        if conversation is None:
            raise not_found()
        self._check_owner(conversation)
        if conversation.merged_into:
            _, mark, query = self.http.target.partition("?")
            survivor = self._survivor(conversation.merged_into)
            location = self.documents.link("conversations", survivor, *self.http.segments[2:])
            raise Moved(location + mark + query)
        return conversation

    def message(self) -> Message:
        """Return the message that the path names by id or by ``alt:uid:``. Raises :class:`ApiError` 404."""
        message_id = self.ids["message_id"]
        if message_id.startswith("alt:uid:"):
            message = self.state.message_with_uid(message_id.removeprefix("alt:uid:"))
        else:
            message = self.state.messages.get(message_id)
        if message is None:
            raise not_found()
        self._check_owner(message)
        return message

    def teammate_id(self, name: str | None, where: str) -> str | None:
        """Return the id of the teammate with this id or ``alt:email:``, or None. Raises :class:`ApiError` 400."""
        if name is not None and name.startswith("alt:email:"):
            teammate = self.state.teammate_with_email(name.removeprefix("alt:email:"))
            name = teammate.id if teammate else ""
        if name is not None and name not in self.state.teammates:
            raise self.unknown([f"{where}: unknown teammate"])
        return name

    def check_known(self, ids: Iterable[str], known: Container[str], where: str, what: str) -> None:
        """Raise :class:`ApiError` 400 if any id is unknown. The error names every unknown id."""
        lines = [f"{where}[{i}]: unknown {what}" for i, each in enumerate(ids) if each not in known]
        if lines:
            raise self.unknown(lines)

    def unknown(self, lines: list[str]) -> ApiError:
        """Return the error for a body that names something unknown (assumption unknown_reference)."""
        return invalid_body(lines) if self.assumptions.unknown_reference else not_found()

    def check_channel(self, name: str, error: ApiError) -> None:
        """Raise ``error`` unless ``name`` is the id or the ``alt:address:`` of the JWT's channel.

        Raises :class:`ApiError` 404 for an address that no channel has.
        """
        if name.startswith("alt:address:"):
            named = self.state.channel_with_address(name.removeprefix("alt:address:"))
            if named is None:
                raise not_found()
            name = named.id
        if name != self.channel.id:
            raise error

    def check_path(self) -> None:
        """Raise :class:`ApiError` 401 if the path names a channel other than the JWT's."""
        if "channel_id" in self.ids:
            self.check_channel(self.ids["channel_id"], ApiError(401, self.assumptions.invalid_jwt))

    def _check(self, document: Json, rule: Rule) -> None:
        allowed = () if self.assumptions.empty_strings else (Empty,)
        wrong = [line for line in rule(document, "body") if not isinstance(line, allowed)]
        if wrong:
            raise invalid_body(wrong)

    def _check_owner(self, record: Conversation | Message) -> None:
        if record.channel_id != self.channel.id:
            raise not_found() if self.assumptions.foreign_object else ApiError(403, "Forbidden")

    def _survivor(self, conversation_id: str) -> str:
        next_id = self.state.conversations[conversation_id].merged_into
        if self.assumptions.merge_hops or next_id is None:
            return conversation_id
        return self._survivor(next_id)


class HasId(Protocol):
    """A record with an id."""

    @property
    def id(self) -> str: ...


Resource = TypeVar("Resource", bound=HasId)


def accepted_response(uid: str) -> Response:
    """Return a 202 with the uid of the message to come."""
    return json_response(202, {"status": "accepted", "message_uid": uid})


def list_response(request: ApiRequest, results: list[Json]) -> Response:
    """Return a 200 with all results on one page."""
    return _collection(request, results, None)


def page_response(
    request: ApiRequest, records: Sequence[Resource], render: Callable[[Resource], Json]
) -> Response:
    """Return the page that ``limit`` and ``page_token`` in the query ask for. Raises :class:`ApiError` 400.

    A token names the last record of the previous page, so that new records do not shift the pages.
    """
    limit = _limit(request)
    start = _start(request, records)
    shown = records[start : start + limit]
    token = shown[-1].id if len(records) > start + limit else None
    return _collection(request, [render(record) for record in shown], token)


def _collection(request: ApiRequest, results: list[Json], token: str | None) -> Response:
    address = request.documents.link(*request.http.segments)
    query = {**request.http.query, "page_token": token}
    pagination = {"next": f"{address}?{urlencode(query)}" if token else None}
    return json_response(200, {"_pagination": pagination, "_links": {"self": address}, "_results": results})


def _limit(request: ApiRequest) -> int:
    text = request.http.query.get("limit", str(DEFAULT_PAGE))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 0 < int(text) <= LARGEST_PAGE):
        raise invalid_body([f"query.limit: must be an integer from 1 to {LARGEST_PAGE}"])
    return int(text)


def _start(request: ApiRequest, records: Sequence[HasId]) -> int:
    token = request.http.query.get("page_token")
    if token is None:
        return 0
    places = [number for number, record in enumerate(records, start=1) if record.id == token]
    if not places:
        raise invalid_body(["query.page_token: unknown"])
    return places[0]
