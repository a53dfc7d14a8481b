"""The assumptions of the sandbox about Front, where Front's documentation says nothing or not enough.

Each assumption is a field of :class:`Assumptions`. Change it with ``--assume NAME=VALUE``, with
``Sandbox(assumptions={…})`` or with ``POST /_sandbox/assume``. A true or false assumption says what the sandbox does,
and what it does ``otherwise``. Any other assumption is a value. ``GET /_sandbox/assumptions`` returns them all. Check
an assumption with a real Front account before you rely on it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from django_front_channel.exceptions import InvalidArgument

Value = bool | int | float | str

_TEMPLATE = "github.com/frontapp/partner-channel-template"
_CORE_API = "github.com/frontapp/front-api-specs, core-api/core-api.json"
_IMPORTS = "https://dev.frontapp.com/changelog/channel-api-message-import-improvements"
_LIMITS = "https://dev.frontapp.com/docs/rate-limiting"
_OLD = "github.com/xdmnl/api-documentation, the edition of 2019/20"
_NOWHERE = "Not documented."


def assumed(default: Value, statement: str, source: str, otherwise: str = "") -> Any:
    """Return a field for one assumption. The ``source`` says where it comes from, or what comes closest."""
    return field(default=default, metadata={"statement": statement, "otherwise": otherwise, "source": source})


@dataclass
class Assumptions:
    """All assumptions with their current values."""

    told_rate_limit: int = assumed(
        6000, "Requests per minute in the x-ratelimit headers while no limit is configured.", _LIMITS
    )
    resource_tier: str = assumed("2", "The value of X-Front-Tier on a 429 for one resource.", _LIMITS)
    attachments_limit: int = assumed(
        25 * 1024 * 1024,
        "Bytes of all files of one request together. Front does not say whether its limit is per file.",
        "https://dev.frontapp.com/docs/attachments-1",
    )
    error_type: str = assumed(
        "channel_error",
        "The error_type of a message that could not be sent.",
        f"{_CORE_API} has the field only",
    )
    unresponsive: str = assumed(
        "The channel servers are unresponsive.",
        "The error that the teammate reads if no answer comes in time.",
        "github.com/chaynHQ/bloom-backend reports such a sentence",
    )
    not_a_jwt: str = assumed(
        "JSON Web Token error",
        "The message on a 401 for a token that is not a JWT.",
        "Clients of the Core API report it",
    )
    invalid_jwt: str = assumed(
        "Invalid token", "The message on a 401 for a refused JWT.", "Clients of the Core API report it"
    )
    repeated_external_id: bool = assumed(
        True,
        "A repeated external_id is answered 202 with the first message_uid and is not imported again; no second "
        "message_imported follows. This does not hold for messages that were sent from Front.",
        f"{_OLD}, promises it for imported_messages",
        "It is imported again.",
    )
    external_id_scope: bool = assumed(
        True,
        "An external_id is repeated when its channel has used it before.",
        _NOWHERE,
        "It is repeated when any channel of the company has used it before.",
    )
    deleted_channel: bool = assumed(
        True,
        "The JWT of a deleted channel is refused with 401, and messages that wait for their import are dropped.",
        _NOWHERE,
        "A deleted channel goes on working until its tokens run out.",
    )
    foreign_object: bool = assumed(
        True,
        "A request for a conversation or message of another channel is answered 404, as if it did not exist.",
        f"{_IMPORTS} limits the access, but names no status",
        "It is answered 403.",
    )
    singular_conversation_id: bool = assumed(
        True,
        "metadata.external_conversation_id is the first of external_conversation_ids, which may not be the posted id.",
        f"{_IMPORTS} names both fields only",
        "It is the last of them.",
    )
    composed_metadata: bool = assumed(
        True,
        "A message composed in Front has empty external_conversation_ids and no external_conversation_id.",
        _NOWHERE,
        "It has neither.",
    )
    bare_autoreply: bool = assumed(
        True,
        "message_autoreply has no metadata; only the links of its payload name the conversation.",
        f"{_IMPORTS} shows it so",
        "Its metadata has the external conversation ids, like that of message.",
    )
    answered_elsewhere: bool = assumed(
        True,
        "If the answer to a message has the external_conversation_id of another conversation, the message moves "
        "there. A conversation that is empty then redirects to the other one.",
        f"{_TEMPLATE}, src/routes.ts: a comment says that Front threads by the returned id",
        "The message stays in its conversation.",
    )
    answered_id_limit: bool = assumed(
        True,
        "An external id in the answer to a webhook may have at most 200 characters.",
        "github.com/frontapp/front-api-specs, channel-api/channel-api.json limits the ids of the sync operations",
        "It may have any length.",
    )
    merge_hops: bool = assumed(
        True,
        "A merged conversation redirects to the one that absorbed it, so a chain of merges takes several hops.",
        f"{_CORE_API} documents only the 301",
        "It redirects to the last survivor at once.",
    )
    merge_survivor: bool = assumed(
        True,
        "The conversation with the most messages survives a merge. Among equals, the oldest one survives.",
        "https://help.front.com/en/articles/2307, written for email",
        "The oldest one survives.",
    )
    merged_delete: bool = assumed(
        True,
        "DELETE of a merged conversation is answered 404. Every other operation on it redirects.",
        f"{_CORE_API} lists no 301 for DELETE",
        "DELETE redirects, too.",
    )
    split_threads: bool = assumed(
        True,
        "After a split, the external conversation ids belong to the new conversation.",
        "https://help.front.com/en/articles/2307: later replies thread in the newest part",
        "They stay with the old conversation.",
    )
    unknown_reference: bool = assumed(
        True,
        "A body that names an unknown teammate, tag, link or inbox, or another channel, is answered 400.",
        _NOWHERE,
        "It is answered 404.",
    )
    imported_ids: bool = assumed(
        True,
        "message_imported has payload.message_uid and payload.metadata.external_id.",
        f"{_IMPORTS} shows them in responses of the API",
        "It has neither.",
    )
    spam: bool = assumed(
        True,
        "A conversation marked as spam is shown as deleted. Only one in the trash can be deleted for good.",
        f"{_CORE_API} has no status for spam",
        "It is shown as archived, and can be deleted for good.",
    )
    status_id: bool = assumed(
        True,
        "Any status_id is accepted and shown, but changes nothing else. Together with status it is answered 400.",
        f"{_CORE_API}: only one of the two should be provided",
        "A status_id is always answered 400.",
    )
    reply_later: bool = assumed(
        True,
        "A reply by API is answered 202. Its message webhook is sent after the delay of an import.",
        _NOWHERE,
        "It is sent right after the 202.",
    )
    seen_text: bool = assumed(
        True,
        "first_seen_at is a string of milliseconds.",
        f"{_CORE_API}: the schema says string, its example is a number",
        "It is a number of milliseconds.",
    )
    template_upsert: bool = assumed(
        True,
        "PUT of an existing template replaces it and keeps its template_id, a number.",
        "https://dev.frontapp.com/docs/application-channel-message-templates calls it a sync",
        "PUT of an existing template is answered 409.",
    )
    repeated_call: bool = assumed(
        True,
        "A request to create an existing call, or to set the status that a call already has, is answered 202 and "
        "changes nothing. A change of status that Front's table does not allow is answered 400.",
        "https://dev.frontapp.com/docs/voice-channels has the table",
        "A request to create an existing call is answered 409.",
    )
    resumed_call: bool = assumed(
        True,
        "The status connected resumes a call on hold.",
        "https://dev.frontapp.com/docs/voice-channels has a status resumed, which the API does not accept",
        "It does not resume the call.",
    )
    unknown_template_or_call: bool = assumed(
        True,
        "A request for an unknown template or call is answered 404.",
        "github.com/frontapp/front-api-specs, channel-api/channel-api.json lists 400 only",
        "It is answered 400.",
    )
    empty_strings: bool = assumed(
        True,
        "An empty body, handle or external id is answered 400, like a missing one.",
        "Integrations fill in a placeholder for an empty body (github.com/webhookdb/webhookdb)",
        "It is accepted.",
    )
    refusal_is_shown: bool = assumed(
        True,
        "The teammate, or the admin who connects the channel, reads the message of an error answer.",
        _NOWHERE,
        "They read only its status.",
    )
    no_retry: bool = assumed(
        True,
        "Front never retries a webhook.",
        _NOWHERE,
        "Front sends a webhook up to two times more if the answer is not a success.",
    )

    def change(self, name: str, value: object) -> None:
        """Change one assumption. Raises InvalidArgument for an unknown name or a value of another type."""
        known = {each.name: type(each.default) for each in fields(self)}
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise InvalidArgument(
                f"There is no assumption {name}." + (f" Is it {close[0]}?" if close else ""),
                code="unknown",
                argument="name",
            )
        kind = known[name]
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise InvalidArgument(
                f"The assumption {name} must be {WORDS[kind]}.", code="wrong_type", argument=name
            )
        setattr(self, name, value)

    def document(self) -> dict[str, dict[str, Value]]:
        """Return all assumptions by name, each as ``{"value": …, "statement": …, "otherwise": …, "source": …}``."""
        return {each.name: {"value": getattr(self, each.name), **each.metadata} for each in fields(self)}


WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def parsed(text: str) -> tuple[str, Value]:
    """Return the name and the value in ``NAME=VALUE``, even if no assumption has this name.

    Raises InvalidArgument.
    """
    name, mark, written = text.partition("=")
    if not (name and mark):
        raise InvalidArgument(
            f"Write an assumption as NAME=VALUE, not {text}.", code="malformed", argument="text"
        )
    if isinstance(getattr(Assumptions, name, None), str):
        return name, written
    with suppress(ValueError):
        value: object = json.loads(written)
        if isinstance(value, bool | int | float):
            return name, value
    return name, written
