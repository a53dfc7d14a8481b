"""One authenticated request, and what operations ask of it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from django_front_channel.sandbox.assumptions import Assumptions
from django_front_channel.sandbox.body_rules import Empty, Rule
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Moved,
    Request,
    Response,
    invalid_body,
    not_found,
)
from django_front_channel.sandbox.multipart_forms import read_form
from django_front_channel.sandbox.records import Attachment, Channel, Conversation, Message, State, new_id
from django_front_channel.sandbox.sending import Sending

NO_CONTENT = Response(204)
ACCEPTED = Response(202)


@dataclass(frozen=True)
class ApiCall:
    """``channel`` is the one of the JWT, ``ids`` are the values in the path."""

    front: Sending
    channel: Channel
    request: Request
    ids: dict[str, str]

    @property
    def state(self) -> State:
        return self.front.state

    @property
    def assumptions(self) -> Assumptions:
        return self.front.assumptions

    def body(self, rule: Rule) -> Json:
        """The JSON object of the request, as ``rule`` wants it. Raises :class:`ApiError` 400."""
        try:
            document = self.request.json()
        except ValueError as error:
            raise invalid_body([f"body: {error}"]) from None
        self._check(document, rule)
        return document

    def body_and_files(self, rule: Rule) -> tuple[Json, list[Attachment]]:
        """Like ``body``, for an operation that takes files when it is sent as a form."""
        content_type = self.request.headers.get("Content-Type", "")
        if not content_type.lower().startswith("multipart/"):
            return self.body(rule), []
        try:
            document, uploads = read_form(content_type, self.request.body)
        except ValueError as error:
            raise invalid_body([f"body: {error}"]) from None
        self._check(document, rule)
        limit = self.assumptions.attachments_limit
        if sum(len(upload.content) for upload in uploads) > limit:
            raise invalid_body([f"body.attachments: must have at most {limit} bytes together"])
        return document, [attachment(*upload) for upload in uploads]

    def _check(self, document: Json, rule: Rule) -> None:
        wrong = rule(document, "body")
        if not self.assumptions.empty_strings:
            wrong = (line for line in wrong if not isinstance(line, Empty))
        refuse(wrong)

    def conversation(self) -> Conversation:
        """The conversation in the path. Raises :class:`ApiError` 404, or :class:`Moved` after a merge."""
        conversation = self.state.conversations.get(self.ids["conversation_id"])
        if conversation is None:
            raise not_found()
        self._check_owner(conversation)
        if conversation.merged_into:
            _, mark, query = self.request.target.partition("?")
            rest = self.request.segments[2:]
            place = self.front.documents.link(
                "conversations", self._survivor(conversation.merged_into), *rest
            )
            raise Moved(place + mark + query)
        return conversation

    def message(self) -> Message:
        """The message in the path, by id or by ``alt:uid:``. Raises :class:`ApiError` 404."""
        message_id = self.ids["message_id"]
        if message_id.startswith("alt:uid:"):
            message = self.state.message_with_uid(message_id.removeprefix("alt:uid:"))
        else:
            message = self.state.messages.get(message_id)
        if message is None:
            raise not_found()
        self._check_owner(message)
        return message

    def _check_owner(self, record: Conversation | Message) -> None:
        if record.channel_id != self.channel.id:
            raise not_found() if self.assumptions.foreign_object else ApiError(403, "Forbidden")

    def _survivor(self, conversation_id: str) -> str:
        next_id = self.state.conversations[conversation_id].merged_into
        if self.assumptions.merge_hops or next_id is None:
            return conversation_id
        return self._survivor(next_id)

    def teammate_id(self, name: str | None, where: str) -> str | None:
        """The id of a teammate, named by id or by ``alt:email:``; None stays None. Raises 400."""
        if name is not None and name.startswith("alt:email:"):
            teammate = self.state.teammate_with_email(name.removeprefix("alt:email:"))
            name = teammate.id if teammate else ""
        if name is not None and name not in self.state.teammates:
            raise self.unknown([f"{where}: unknown teammate"])
        return name

    def check_known(self, ids: Iterable[str], known: Container[str], where: str, what: str) -> None:
        """Raises :class:`ApiError` 400 naming every id that is unknown."""
        lines = [f"{where}[{i}]: unknown {what}" for i, each in enumerate(ids) if each not in known]
        if lines:
            raise self.unknown(lines)

    def unknown(self, lines: list[str]) -> ApiError:
        """What is answered when a body names something that is not there (assumption unknown_reference)."""
        return invalid_body(lines) if self.assumptions.unknown_reference else not_found()

    def check_channel(self, name: str, error: ApiError) -> None:
        """Whether this names the channel of the JWT, by id or by ``alt:address:``. Raises ``error``, or
        404 for an address that is none."""
        if name.startswith("alt:address:"):
            named = self.state.channel_with_address(name.removeprefix("alt:address:"))
            if named is None:
                raise not_found()
            name = named.id
        if name != self.channel.id:
            raise error

    def check_path(self) -> None:
        """Whether the channel in the path, if there is one, is the one of the JWT."""
        if "channel_id" in self.ids:
            self.check_channel(self.ids["channel_id"], ApiError(401, self.assumptions.invalid_jwt))


def refuse(wrong: Iterable[str]) -> None:
    """Raises :class:`ApiError` 400 if there is a line in ``wrong``."""
    lines = list(wrong)
    if lines:
        raise invalid_body(lines)


def attachment(filename: str, content_type: str, content: bytes) -> Attachment:
    """A new file."""
    return Attachment(new_id("fil"), filename, content_type, content)


def given(body: Json, *names: str) -> dict[str, Any]:
    """Those of the properties that the body has."""
    return {name: body[name] for name in names if name in body}
