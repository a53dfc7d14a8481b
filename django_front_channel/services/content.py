"""The content of messages to Front, made from the host's arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from typing import Any, TypeVar

from django_front_channel.client.arguments import contact, validate_id
from django_front_channel.core import clock
from django_front_channel.core.digests import content_digest
from django_front_channel.core.texts import lines_of, storable
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.handlers import handler_for, normalized
from django_front_channel.models import Attachment, Channel, Message

# Front takes a number without a country code for one of the United States (Channel API, "Sync inbound message").
E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
# Senders of texts may also be the short codes of services, and names of companies.
SHORT_CODE = re.compile(r"[1-9][0-9]{2,7}", re.ASCII)
LONGEST_SENDER_NAME = 11
NO_PHONE_NUMBER = (
    "The handle of {name} must be a phone number with its country code, such as +33612345678, a short code or a "
    "sender name, because the app's CONTACT_TYPE is phone. Convert it in your handler's normalize_handle()."
)
Json = TypeVar("Json")


@dataclass(frozen=True)
class Contact:
    """A person outside the team.

    ``handle``  their address on the channel, such as a phone number
    ``name``    the name that the team sees
    ``email``   lets Front link the person to a contact with this email address
    """

    handle: str
    name: str = ""
    email: str = ""


def contact_of(channel: Channel, given: str | Contact | Mapping[str, str], name: str) -> dict[str, str]:
    """Return the contact as JSON, with the handle as the host's handler spells it.

    Raises ``InvalidArgument`` for the argument ``name``.
    """
    if isinstance(given, str):
        given = Contact(given)
    checked = contact(asdict(given) if isinstance(given, Contact) else given, name)
    handler = handler_for(channel.app)
    checked["handle"] = normalized(handler, channel, checked["handle"])
    checked = contact({key: _storable(value, f"{name}.{key}") for key, value in checked.items()}, name)
    if handler.app.contact_type == "phone" and not is_phone_handle(checked["handle"]):
        raise InvalidArgument(NO_PHONE_NUMBER.format(name=name), code="malformed", argument=name)
    return checked


def is_phone_handle(handle: str) -> bool:
    """Return whether the handle can be the sender of a text message: an E.164 number, a short code or a sender name."""
    if E164.fullmatch(handle) or SHORT_CODE.fullmatch(handle):
        return True
    is_short = len(handle) <= LONGEST_SENDER_NAME and handle.isprintable() and handle == handle.strip()
    return is_short and any(map(str.isalpha, handle)) and not handle.startswith("+")


def spelled(channel: Channel, handle: str, name: str) -> str:
    """Return the handle as the host's handler spells it. Raises ``InvalidArgument`` for the argument ``name``."""
    return _storable(normalized(handler_for(channel.app), channel, handle), name)


def body_fields(text: str | None, html: str | None, *, has_files: bool = False) -> dict[str, str]:
    """Return the fields ``text`` and ``html`` of a message. Exactly one must be given; with files, both may be None.

    Raises ``InvalidArgument``.
    """
    if has_files and text is None and html is None:
        return {"text": "", "html": ""}
    if (text is None) == (html is None):
        raise InvalidArgument("Pass exactly one of text and html.", code="exclusive", argument="text")
    body = _storable(text if html is None else html, "text" if html is None else "html")
    if not body.strip() and not has_files:
        raise InvalidArgument(
            "The message is empty: Front refuses messages without a body.", code="empty", argument="text"
        )
    return {"text": body, "html": ""} if html is None else {"text": "", "html": body}


def as_html(text: str) -> str:
    """Return HTML that shows the text with its line breaks."""
    return "<br>".join(lines_of(escape(text, quote=False)))


def optional_text(value: str | None, name: str, most: int | None = None) -> str:
    """Return the text, or an empty one for None. Its greatest length is ``most``. Raises ``InvalidArgument``."""
    text = _storable(value, name) if value else ""
    if most is not None and len(text) > most:
        raise InvalidArgument(
            f"{name} must have at most {most} characters; it has {len(text)}.", code="too_long", argument=name
        )
    return text


def host_data_of(given: dict[str, Any] | None) -> dict[str, Any]:
    """Return the host's data, or an empty dict for None. Raises ``InvalidArgument`` if databases cannot store it."""
    if given is not None and not isinstance(given, dict):
        raise InvalidArgument(
            f"host_data must be a dict, not {type(given).__name__}.", code="wrong_type", argument="host_data"
        )
    return stored_json(given or {}, "host_data")


def stored_json(given: Json, name: str) -> Json:
    """Return the value unchanged. Raises ``InvalidArgument`` for ``name`` if databases cannot store it as JSON."""
    try:
        json.dumps(given, allow_nan=False)
        is_storable = all(storable(text) == text for text in _texts(given))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"{name} must be JSON: {error}", code="not_storable", argument=name) from None
    if not is_storable:
        raise InvalidArgument(
            f"{name} holds NUL or a lone surrogate, which databases refuse: remove it.",
            code="not_storable",
            argument=name,
        )
    return given


def written(written_at: datetime | None) -> datetime:
    """Return when the message was written, by default now, as it is stored.

    Raises ``InvalidArgument`` unless it is an aware datetime later than 1970.
    """
    if written_at is None:
        return clock.here()
    if clock.aware(written_at, "written_at").timestamp() <= 0:
        raise InvalidArgument(
            "written_at must be later than 1970.", code="out_of_range", argument="written_at"
        )
    return clock.as_stored(written_at, "written_at")


def optional_id(value: str | None, name: str) -> str:
    return validate_id(value, name) if value else ""


def arguments_of(message: Message, files: Sequence[Attachment]) -> dict[str, Any]:
    """Return the arguments of the client's method that syncs this message, except ``attachments``.

    They depend only on the rows, so a retry sends the same as the first attempt.
    """
    text = message.text if message.text.strip() else ", ".join(file.filename for file in files)
    arguments: dict[str, Any] = {
        # Front refuses a message without a body. If it has only files, the body lists their names.
        "body": message.html if message.html.strip() else as_html(text),
        "external_id": message.external_id,
        "external_conversation_id": message.external_conversation_id,
        "delivered_at": int(message.written_at.timestamp()),
        "subject": message.subject or None,
        "referenced_message_external_id": message.in_reply_to or None,
    }
    if message.direction == Message.Direction.INBOUND:
        arguments["sender"] = message.sender
    else:
        arguments["to"] = message.to
        arguments["sender_name"] = message.author_name or None
        arguments["author_id"] = message.author_id or None
    return {name: value for name, value in arguments.items() if value is not None}


def digest_of(message: Message, files: Sequence[Attachment]) -> str:
    """Return a digest of the content of a message, to recognise repetitions.

    It leaves out the time, because a host may pass the current time with each call. Of files, it includes only the
    bytes, because a repeated upload may have another name.
    """
    arguments = arguments_of(message, ())
    del arguments["delivered_at"]
    hashes = [file.sha256 for file in files]
    return content_digest([message.direction, arguments, *([hashes] if hashes else [])])


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts inside a JSON value, including keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _storable(value: object, name: str) -> str:
    """Return the text without NUL, which PostgreSQL cannot store. Raises ``InvalidArgument`` for lone surrogates."""
    if not isinstance(value, str):
        raise InvalidArgument(
            f"{name} must be a str, not {type(value).__name__}.", code="wrong_type", argument=name
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(
            f"{name} holds a lone surrogate: replace it before sending.", code="not_storable", argument=name
        ) from None
    return value.replace("\0", "")
