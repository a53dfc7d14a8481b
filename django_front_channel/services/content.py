"""Turns what the host said into what a message to Front says."""

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

# Without a country code Front takes a number for one of the United States (Channel API, "Sync inbound message").
E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
# What phones receive besides: the codes of services, and the names that companies write under.
SHORT_CODE = re.compile(r"[1-9][0-9]{2,7}", re.ASCII)
LONGEST_SENDER_NAME = 11
NO_PHONE_NUMBER = (
    "The handle of {name} must be a phone number with its country code, such as +33612345678, a short code or a "
    "sender name, because the app's CONTACT_TYPE is phone. Let your handler's normalize_handle() write it so."
)
Json = TypeVar("Json")


@dataclass(frozen=True)
class Contact:
    """Somebody outside the team. ``handle`` is their address on the channel; ``email`` links Front's contacts."""

    handle: str
    name: str = ""
    email: str = ""


def contact_of(channel: Channel, given: str | Contact | Mapping[str, str], name: str) -> dict[str, str]:
    """The contact as JSON, its handle as the host's handler spells it.

    Raises ``InvalidArgument``, which calls the argument ``name``.
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
    """Whether a phone can receive a text from this: a number in E.164, a short code or a sender name."""
    if E164.fullmatch(handle) or SHORT_CODE.fullmatch(handle):
        return True
    is_short = len(handle) <= LONGEST_SENDER_NAME and handle.isprintable() and handle == handle.strip()
    return is_short and any(map(str.isalpha, handle)) and not handle.startswith("+")


def spelled(channel: Channel, handle: str, name: str) -> str:
    """The handle as the host's handler spells it. Raises ``InvalidArgument``, which calls the argument ``name``."""
    return _storable(normalized(handler_for(channel.app), channel, handle), name)


def body_fields(text: str | None, html: str | None, *, has_files: bool = False) -> dict[str, str]:
    """The fields of exactly one of text and html; with files, possibly of neither. Raises ``InvalidArgument``."""
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
    """The text as HTML that shows it, line breaks included."""
    return "<br>".join(lines_of(escape(text, quote=False)))


def optional_text(value: str | None, name: str, most: int | None = None) -> str:
    """The text, or empty. ``most`` is the greatest number of characters. Raises ``InvalidArgument``."""
    text = _storable(value, name) if value else ""
    if most is not None and len(text) > most:
        raise InvalidArgument(
            f"{name} must have at most {most} characters; it has {len(text)}.", code="too_long", argument=name
        )
    return text


def host_data_of(given: dict[str, Any] | None) -> dict[str, Any]:
    """The host's data, if every database can store it. Raises ``InvalidArgument``."""
    if given is not None and not isinstance(given, dict):
        raise InvalidArgument(
            f"host_data must be a dict, not {type(given).__name__}.", code="wrong_type", argument="host_data"
        )
    return stored_json(given or {}, "host_data")


def stored_json(given: Json, name: str) -> Json:
    """The JSON, if every database can store it. Raises ``InvalidArgument``, which calls it ``name``."""
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
    """When the message was written: an aware datetime, by default now. Raises ``InvalidArgument``."""
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
    """The arguments of the client's sync method that tell Front about this message, without the files themselves.

    They come from the rows alone, so a retry after a year says the same as the first attempt.
    """
    text = message.text if message.text.strip() else ", ".join(file.filename for file in files)
    arguments: dict[str, Any] = {
        # Front refuses a message without a body, so the body names the files.
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
    """A digest of the content of a message.

    It leaves out the time, because a host that repeats itself may say "now" twice. Files are compared by their
    bytes, because a repeated upload may have another name.
    """
    arguments = arguments_of(message, ())
    del arguments["delivered_at"]
    hashes = [file.sha256 for file in files]
    return content_digest([message.direction, arguments, *([hashes] if hashes else [])])


def _texts(value: Any) -> Iterator[str]:
    """All texts inside a JSON value, keys included."""
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
    """The text without NUL, which PostgreSQL cannot store. Raises ``InvalidArgument``."""
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
