"""What the sandbox assumes because Front's documentation does not say it, or says it only in part.

Numbers and texts are constants that the code uses. Behaviour is stated as an :class:`Assumption`; all of
them are served by ``GET /_sandbox/assumptions``. Try one on a real Front account before relying on it.
"""

from __future__ import annotations

from typing import NamedTuple


class Assumption(NamedTuple):
    """``statement``: what the sandbox does. ``source``: where it comes from, or what comes closest."""

    statement: str
    source: str


# Seconds Front waits for a webhook's answer. Documented in the 2019/20 edition, no newer figure is known.
# Source: github.com/xdmnl/api-documentation, source/channels-api.html.md
WEBHOOK_TIME_LIMIT = 7.0

# Seconds that a JWT may reach ahead. Front's samples use 5 and 10, an integration in production notes 30.
# Source: github.com/webhookdb/webhookdb and Front's own github.com/frontapp/partner-channel-template
JWT_LIFETIME_LIMIT = 30

# Requests per minute in the x-ratelimit headers while no limit is configured. Front's plans allow 50 to 200;
# the sandbox enforces a limit only where it is told to, so that a test is not slowed down.
# Source: https://dev.frontapp.com/docs/rate-limiting
RATE_LIMIT = 6000

# The value of X-Front-Tier on a 429 for one resource; its values are not documented.
# Source: https://dev.frontapp.com/docs/rate-limiting (the header only)
RESOURCE_TIER = "2"

# Reports per message and hour that it was seen.
# Source: github.com/frontapp/front-api-specs, core-api/core-api.json
SEEN_LIMIT = 10

# Bytes of all files of one request. Documented without saying whether it is per file or per request.
# Source: https://dev.frontapp.com/docs/attachments-1
ATTACHMENTS_LIMIT = 25 * 1024 * 1024

# Characters of an external id. Documented for the sync operations, assumed for webhook answers too.
# Source: github.com/frontapp/front-api-specs, channel-api/channel-api.json
EXTERNAL_ID_LIMIT = 200

# The value of ``error_type`` of a message that could not be sent; no list of values is public.
# Source: github.com/frontapp/front-api-specs, core-api/core-api.json (the field only)
ERROR_TYPE = "channel_error"

# What the teammate reads when the channel gives no readable answer.
# Source: an integration reports "channel servers are unresponsive" (github.com/chaynHQ/bloom-backend)
UNRESPONSIVE = "The channel servers are unresponsive."

# Wording of a refused JWT, measured with API tokens; for a channel's JWT it may differ.
# Source: error texts reported by third-party clients of the Core API
NOT_A_JWT = "JSON Web Token error"
INVALID_JWT = "Invalid token"

REPEATED_EXTERNAL_ID = Assumption(
    "A repeated external_id in one channel is answered 202 with the first message_uid and imported once; no "
    "second message_imported follows. A message sent from Front is not protected in this way.",
    "Front promises it for the sibling imported_messages endpoint (github.com/xdmnl/api-documentation)",
)
EXTERNAL_ID_SCOPE = Assumption(
    "External ids of messages and conversations are unique inside one channel.",
    "Not documented.",
)
DELETED_CHANNEL = Assumption(
    "The JWT of a deleted channel is refused with 401, and what waits for its import is dropped.",
    "Not documented.",
)
FOREIGN_OBJECT = Assumption(
    "A conversation or message of another channel is answered 404, as if it did not exist.",
    "https://dev.frontapp.com/changelog/channel-api-message-import-improvements limits the access, "
    "without naming a status",
)
SINGULAR_CONVERSATION_ID = Assumption(
    "metadata.external_conversation_id is the first of external_conversation_ids, not always the posted one.",
    "https://dev.frontapp.com/changelog/channel-api-message-import-improvements names both fields only",
)
COMPOSED_METADATA = Assumption(
    "A message composed in Front carries an empty external_conversation_ids and no singular id.",
    "Not documented.",
)
ANSWERED_ELSEWHERE = Assumption(
    "A message answered with the external_conversation_id of another conversation moves there; "
    "a conversation left empty by that redirects to it.",
    "github.com/frontapp/partner-channel-template, src/routes.ts: a comment says the returned id threads",
)
MERGE_HOPS = Assumption(
    "A merged conversation redirects to the one that absorbed it, so a chain of merges takes several hops.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json (the 301 only)",
)
MERGE_SURVIVOR = Assumption(
    "The conversation with most messages survives a merge, then the oldest one.",
    "https://help.front.com/en/articles/2307, written for email",
)
UNKNOWN_REFERENCE = Assumption(
    "An id in a body that is no teammate, tag, link, inbox or channel of the token is answered 400.",
    "Not documented.",
)
NO_AUTHOR = Assumption(
    "A comment without author_id is by a teammate of type api.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json (the type only)",
)
IMPORTED_IDS = Assumption(
    "message_imported carries payload.message_uid and payload.metadata.external_id.",
    "https://dev.frontapp.com/changelog/channel-api-message-import-improvements has them in API answers",
)
MERGED_DELETE = Assumption(
    "DELETE of a merged conversation is answered 404; every other operation on it redirects.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json lists no 301 for it",
)
SPAM = Assumption(
    "A conversation marked as spam reads as deleted, and only one in the trash can be deleted for good.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json has no status for spam",
)
STATUS_ID = Assumption(
    "Any status_id is taken and shown again, without another effect; beside status it is answered 400.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json: only one of the two should be provided",
)
REPLY_LATER = Assumption(
    "A reply by API is answered 202 and its message webhook sent as much later as an import.",
    "Not documented.",
)
SEEN_TEXT = Assumption(
    "first_seen_at is a text of milliseconds.",
    "github.com/frontapp/front-api-specs, core-api/core-api.json: the schema says text, its example is a number",
)
TEMPLATE_UPSERT = Assumption(
    "PUT of a template that exists replaces it and keeps its template_id, a number; PATCH of an unknown one "
    "is answered 404.",
    "https://dev.frontapp.com/docs/application-channel-message-templates calls it a sync",
)
REPEATED_CALL = Assumption(
    "A call that exists is created again, or set to the status that it has, with 202 and no change; a change "
    "that the table of states does not have is answered 400, an unknown call 404.",
    "https://dev.frontapp.com/docs/voice-channels has the table",
)
RESUMED_CALL = Assumption(
    "A call on hold is resumed by the status connected.",
    "https://dev.frontapp.com/docs/voice-channels has a status resumed, which the API does not accept",
)
EMPTY_STRINGS = Assumption(
    "An empty body, handle or external id is answered 400, like a missing one.",
    "Integrations fill in a placeholder for an empty body (github.com/webhookdb/webhookdb)",
)
BEARER_EVERYWHERE = Assumption(
    "Every webhook carries the pasted token as Authorization: Bearer.",
    "github.com/webhookdb/webhookdb reads it on every request type",
)
REFUSAL_IS_SHOWN = Assumption(
    "The message of an error answer is what the teammate, or the admin who connects the channel, reads.",
    "Not documented.",
)
NO_RETRY = Assumption(
    "No webhook is sent again by itself.",
    "Not documented.",
)


def statements() -> dict[str, dict[str, str]]:
    """All assumptions about behaviour, as ``{name: {"statement": …, "source": …}}``."""
    return {name: value._asdict() for name, value in globals().items() if isinstance(value, Assumption)}
