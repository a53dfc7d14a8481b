"""Rules for the body of each operation, from the API reference (https://dev.frontapp.com/reference).

Small rules for JSON values come first. The rules for whole bodies are made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

# A rule takes a value and its place, such as ``body.to[0]``. It yields one line for each mistake.
Rule = Callable[[Any, str], Iterator[str]]

MISSING: Final = object()
LARGE: Final = 1e15

# Characters. Source: github.com/frontapp/front-api-specs, channel-api/channel-api.json
LONGEST_EXTERNAL_ID = 200


class Empty(str):
    """A line about an empty string. An assumption may ignore such lines."""

    __slots__ = ()


def text(*, empty: bool = True, limit: int | None = None) -> Rule:
    """Return a rule that requires a string of at most ``limit`` characters."""

    def check(value: Any, where: str) -> Iterator[str]:
        if value == "" and not empty:
            yield Empty(f"{where}: must be a non-empty string")
        elif not isinstance(value, str):
            yield f"{where}: must be a {'' if empty else 'non-empty '}string"
        elif limit is not None and len(value) > limit:
            yield f"{where}: must have at most {limit} characters"

    return check


def one_of(*words: str) -> Rule:
    """Return a rule that requires one of these strings."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str) or value not in words:
            yield (
                f"{where}: must be one of {', '.join(words)}" if words[1:] else f"{where}: must be {words[0]}"
            )

    return check


def integer(unit: str) -> Rule:
    """Return a rule that requires a whole number."""

    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) is not int:
            yield f"{where}: must be an integer, in {unit}"

    return check


def number(unit: str) -> Rule:
    """Return a rule that requires a number smaller than LARGE, so that sums of such numbers stay finite."""

    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) not in (int, float) or not abs(value) < LARGE:
            yield f"{where}: must be a number, in {unit}"

    return check


def flag(value: Any, where: str) -> Iterator[str]:
    """Require true or false."""
    if type(value) is not bool:
        yield f"{where}: must be true or false"


def array(rule: Rule, *, of: str, least: int = 0, most: int | None = None) -> Rule:
    """Return a rule that requires an array of items that fit ``rule``. Errors call an item ``of``."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list) or len(value) < least:
            yield f"{where}: must be an array{f' with at least one {of}' if least else ''}"
        elif most is not None and len(value) > most:
            yield f"{where}: must have at most {most} {of}s"
        else:
            for index, item in enumerate(value):
                yield from rule(item, f"{where}[{index}]")

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """Return a rule that requires an object with these properties. It accepts unknown properties."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: must be an object"
            return
        for name, rule in required.items():
            yield from rule(value.get(name, MISSING), f"{where}.{name}")
        for name, rule in (optional or {}).items():
            if name in value:
                yield from rule(value[name], f"{where}.{name}")

    return check


def chosen_by(name: str, rules: Mapping[str, Rule]) -> Rule:
    """Return a rule that requires an object. The object's property ``name`` chooses one of ``rules`` for it."""
    choice = record({name: one_of(*rules)})

    def check(value: Any, where: str) -> Iterator[str]:
        wrong = list(choice(value, where))
        yield from wrong or rules[value[name]](value, where)

    return check


def nullable(rule: Rule) -> Rule:
    """Return a rule that allows ``null`` and whatever ``rule`` allows."""

    def check(value: Any, where: str) -> Iterator[str]:
        if value is not None:
            yield from rule(value, where)

    return check


def no_files(value: Any, where: str) -> Iterator[str]:
    """Require an empty array, because JSON cannot carry files."""
    if value != []:
        yield f"{where}: must be sent as multipart/form-data"


def never(sentence: str) -> Rule:
    """Return a rule that refuses every value with ``sentence``."""

    def check(_: Any, where: str) -> Iterator[str]:
        yield f"{where}: {sentence}"

    return check


_WORDS = text(empty=False)
_EXTERNAL_ID = text(empty=False, limit=LONGEST_EXTERNAL_ID)
_CONTACT = record({"handle": _WORDS}, {"name": text(), "email": text()})
_METADATA = record(
    {"external_id": _EXTERNAL_ID, "external_conversation_id": _EXTERNAL_ID},
    {"referenced_message_external_id": text(limit=LONGEST_EXTERNAL_ID)},
)
_MESSAGE = {"subject": text(), "delivered_at": integer("seconds"), "attachments": no_files}
_HANDLES = array(_WORDS, of="handle")
_IDS = array(text(), of="id")
_NOT_A_TASK = nullable(never("is for tasks only"))

INBOUND = record({"sender": _CONTACT, "body": _WORDS, "metadata": _METADATA}, _MESSAGE)
OUTBOUND = record(
    {"to": array(_CONTACT, of="recipient", least=1), "body": _WORDS, "metadata": _METADATA},
    {**_MESSAGE, "sender_name": text(), "author_id": text()},
)
CHANNEL = record({}, {"status": one_of("offline", "ok")})
STATUS = record({"status": one_of("failed")}, {"reason": text()})

# https://dev.frontapp.com/docs/application-channel-message-templates names the statuses and types.
_VARIABLE = record({"uid": text(), "type": one_of("text", "file", "image", "video"), "name": text()})
_TEMPLATE = {
    "name": text(),
    "blurb": text(),
    "is_disabled": flag,
    "status_name": one_of("PENDING", "APPROVED", "REJECTED"),
    "variable_mappings": array(_VARIABLE, of="variable"),
    "template_preview": text(),
}
TEMPLATE = record({"external_id": _WORDS, **_TEMPLATE})
TEMPLATE_EDIT = record({}, _TEMPLATE)

_PARTY = record({"handle": _WORDS}, {"name": text()})
_NEW_CALL = {
    "external_call_id": _WORDS,
    "initial_status": one_of("queued", "ringing"),
    "parent_external_call_id": text(),
}
_CALL_DETAILS = {"started_at": number("milliseconds"), "agent_email_address": text()}
CALL = chosen_by(
    "direction",
    {
        "inbound": record({**_NEW_CALL, "from": _PARTY}, _CALL_DETAILS),
        "outbound": record({**_NEW_CALL, "to": _PARTY}, _CALL_DETAILS),
    },
)
CALL_STATUSES = ("queued", "ringing", "connected", "hold", "hangup", "abandoned", "missed", "transferred")
CALL_UPDATE = record(
    {"call_status": one_of(*CALL_STATUSES)},
    {"occurred_at": number("milliseconds"), "agent_email_address": text()},
)
RECORDING = record({"recording_type": one_of("call", "voicemail")})
SUMMARY = record({"content": _WORDS})
_LINE = record(
    {
        "speaker_name": text(),
        "content": text(),
        "start_time_seconds": number("seconds"),
        "speaker_type": one_of("internal", "external"),
    }
)
TRANSCRIPT = record({"lines": array(_LINE, of="line", least=1)})

CONVERSATION = record(
    {},
    {
        "assignee_id": nullable(text()),
        "inbox_id": text(),
        "status": one_of("archived", "open", "deleted", "spam"),
        "status_id": text(),
        "tag_ids": _IDS,
        "custom_fields": record({}),
        "description": _NOT_A_TASK,
        "due_at": _NOT_A_TASK,
    },
)
ASSIGNEE = record({"assignee_id": nullable(text())})
FOLLOWERS = record({"teammate_ids": array(text(), of="id", most=50)})
TAGS = record({"tag_ids": _IDS})
LINKS = record({"link_ids": array(text(), of="id", most=10)})
NEW_LINKS = record(
    {},
    {
        "link_ids": array(text(), of="id", most=10),
        "link_external_urls": array(_WORDS, of="link", most=10),
    },
)
REMINDER = record({"teammate_id": text(), "scheduled_at": nullable(number("seconds"))}, {"status_id": text()})
COMMENT = record({"body": _WORDS}, {"author_id": text(), "is_pinned": flag, "attachments": no_files})

_WRITING: dict[str, Rule] = {
    "to": _HANDLES,
    "cc": _HANDLES,
    "bcc": _HANDLES,
    "subject": text(),
    "author_id": text(),
    "quote_body": text(),
    "should_add_default_signature": flag,
    "attachments": no_files,
}
DRAFT = record(
    {"body": _WORDS, "channel_id": text()},
    {**_WRITING, "signature_id": nullable(text()), "mode": one_of("private", "shared")},
)
REPLY = record(
    {"body": _WORDS},
    {
        **_WRITING,
        "channel_id": text(),
        "sender_name": text(),
        "signature_id": text(),
        "text": text(),
        "options": record({}, {"tag_ids": _IDS, "archive": flag}),
    },
)
SEEN = record({})
