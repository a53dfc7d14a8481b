"""The reasons why something waits, failed or was refused: codes for programs, with sentences for people.

Every code is declared here. Rows store codes; the sentence is made when a person reads it, and no logic depends on it.
What Front, the host, its provider or an exception said is the ``detail`` of a reason, which is shown unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from string import Formatter
from typing import Any, Self

from django.utils import formats, timezone, translation
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy

from django_front_channel.core.texts import storable
from django_front_channel.exceptions import FrontAPIError


def _(text: str) -> str:
    """Mark a text for translation. Django's own functions would need the settings at import."""
    return text


class Affair(StrEnum):
    """The person who should act on a reason."""

    OPERATOR = "operator"
    TEAMMATE = "teammate"
    NOBODY = "nobody"


OPERATOR, TEAMMATE, NOBODY = Affair
NOTHING = _("There is nothing to do.")
BY_ITSELF = _("There is nothing to do: it continues by itself.")
TRIED_AGAIN = _("There is nothing to do: it will be tried again.")
MAYBE_AGAIN = _(
    "There is nothing to do: it will be tried again, or given up if that might do it twice, as with a reply."
)
READ_THE_LOG = _("Read the worker's log, and correct the cause.")
ELSEWHERE = _(
    "If Front sent this request, check the proxies and the middleware between Front and the webhook view."
)
SEND_AGAIN = _("Please send the message again.")


class Code(StrEnum):
    """All codes, each with the person who should act, a sentence, and advice.

    The names in braces are the parameters. Rows store the strings, so a released string never changes.
    """

    affair: Affair
    sentence: Any
    """A lazy translation. The function ``sentence()`` fills in the parameters."""
    advice: Any
    parameters: tuple[str, ...]

    def __new__(cls, code: str, affair: Affair, sentence: str, advice: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.affair = affair
        member.sentence, member.advice = gettext_lazy(sentence), gettext_lazy(advice)
        member.parameters = tuple(name for _text, name, *_rest in Formatter().parse(sentence) if name)
        return member

    # Code and affair, sentence, advice.
    # fmt: off
    # Why a channel may not be used.
    CHANNEL_NOT_CONNECTED = ("channel_not_connected", OPERATOR,
        _("The channel is not connected."), _("Add it in Front with its connection token."))
    CHANNEL_DISCONNECTED = ("channel_disconnected", OPERATOR,
        _("The channel is disconnected."), _("To go on, add it in Front again."))
    CHANNEL_CREDENTIALS_REFUSED = ("channel_credentials_refused", OPERATOR,
        _("Front refused the credentials of the channel."),
        _("Check the App UID, the App secret and this machine's clock. Then release the channel. Without you, it is "
          "tried again every ten minutes."))
    CHANNEL_UNREACHABLE = ("channel_unreachable", OPERATOR,
        _("Front does not know the channel, or refuses it."),
        _("Check the channel in Front. Then release it here. Without you, it is tried again every ten minutes."))
    CHANNEL_HELD = ("channel_held", OPERATOR,
        _("The channel is held."), _("To go on, release it."))
    CHANNEL_MOVED = ("channel_moved", OPERATOR,
        _("The channel was connected again, as a different channel in Front."),
        _("If the waiting messages may be sent to the new channel, adopt it."))
    CHANNEL_APP_MISSING = ("channel_app_missing", OPERATOR,
        _("The settings have no complete app for the channel."),
        _("Add it to FRONT_CHANNEL_APPS, with its APP_UID and APP_SECRET."))
    CHANNEL_CONNECTED_ELSEWHERE = ("channel_connected_elsewhere", OPERATOR,
        _("The channel was connected with an App UID or API URL that the settings no longer have."),
        _("To go on, adopt it, unless this is a copy of another installation's database."))

    # Why something waits.
    PAUSED = ("paused", NOBODY,
        _("Front asked to wait until {time}."), BY_ITSELF)
    BEHIND = ("behind", OPERATOR,
        _("Outbox entry {entry} of the same lane comes first."), _("See why that entry waits."))
    UNDER_WAY = ("under_way", NOBODY,
        _("An attempt has been under way since {time}."), NOTHING)
    DUE_LATER = ("due_later", NOBODY,
        _("The next attempt is due at {time}."), BY_ITSELF)
    WAITS_FOR_WORKER = ("waits_for_worker", OPERATOR,
        _("It is due and comes next, but no worker has begun it."),
        _("Check that front_channel_worker is running."))
    WAITS_FOR_TURN = ("waits_for_turn", OPERATOR,
        _("It is due. At least {ahead} others have been due for longer."),
        _("If their number does not fall, check that front_channel_worker is running, or run another one."))

    # How attempts ended.
    LEASE_ENDING = ("lease_ending", NOBODY,
        _("Nothing was sent, because the worker's lease was about to end."), TRIED_AGAIN)
    INTERRUPTED = ("interrupted", NOBODY,
        _("The worker ended in the middle of this attempt. Its outcome is unknown."), MAYBE_AGAIN)
    UNEXPECTED_ERROR = ("unexpected_error", OPERATOR,
        _("The attempt failed unexpectedly."), READ_THE_LOG)
    GIVEN_UP = ("given_up", OPERATOR,
        _("It was given up after {age}. The last attempt: {last}"),
        _("Correct the cause of the last attempt. Then try again."))
    REQUEST_INVALID = ("request_invalid", OPERATOR,
        _("The request {operation} cannot be made as it was enqueued. Wrong argument: {argument} ({problem})."),
        _("Correct the call in the host's code, and enqueue it again."))
    STORAGE_FAILED = ("storage_failed", OPERATOR,
        _("The storage of the attachments failed."),
        _("Check FRONT_CHANNEL_ATTACHMENT_STORAGE. The attempt will be repeated."))
    FILE_DELETED = ("file_deleted", NOBODY,
        _("An attachment has been deleted."), NOTHING)
    FILE_CHANGED = ("file_changed", OPERATOR,
        _("File {file} was changed in the storage after it was attached."),
        _("Sync the message again, with a new external id."))
    FILE_MISSING = ("file_missing", OPERATOR,
        _("File {file} is not in the storage."),
        _("Make sure that web and worker processes share the storage. Put the file back, and try again."))
    ECHO = ("echo", NOBODY,
        _("The message came from Front, so it is not sent back."), NOTHING)
    MAYBE_ECHO = ("maybe_echo", NOBODY,
        _("A delivery in this thread is under way, and this message may be a copy of it."), BY_ITSELF)
    MAYBE_DONE = ("maybe_done", OPERATOR,
        _("The request {operation} may have been carried out already, so it is not repeated."),
        _("Look in Front. If it was not carried out, make the request again."))
    CANCELLED = ("cancelled", NOBODY,
        _("Somebody cancelled it."), _("If it is needed after all, try it again."))
    ERASED = ("erased", NOBODY,
        _("The person has been erased."), NOTHING)
    OPTED_OUT = ("opted_out", TEAMMATE,
        _("The customer has opted out of messages on this channel. The message was not sent."),
        _("Reach the customer in another way, or wait until they write again and opt in."))
    MESSAGE_TRIED_AGAIN = ("message_tried_again", NOBODY,
        _("The failure is not reported to Front, because the message was tried again."), NOTHING)
    SIGNAL_ROW_DELETED = ("signal_row_deleted", NOBODY,
        _("The signal was not sent, because a row that it is about has been deleted."), NOTHING)

    # Errors of requests to Front.
    FRONT_ERROR = ("front_error", OPERATOR,
        _("The request {operation} failed."), _("Read what Front said."))
    FRONT_NOT_REACHED = ("front_not_reached", OPERATOR,
        _("Front could not be reached for {operation}."),
        _("It will be tried again. If the problem persists, check the network and the API URL."))
    FRONT_OUTCOME_UNKNOWN = ("front_outcome_unknown", NOBODY,
        _("The request {operation} was sent, but no usable response came back. Front may have carried it out."),
        MAYBE_AGAIN)
    FRONT_REDIRECTED = ("front_redirected", OPERATOR,
        _("Front redirected {operation} too often, or to an address that is not allowed."),
        _("Check the API URL, and the proxies between this site and Front."))
    FRONT_REFUSED_REQUEST = ("front_refused_request", OPERATOR,
        _("Front refused the request {operation} with status {status}."),
        _("Read what Front said, and correct what was sent. The same request would be refused again."))
    FRONT_REFUSED_CREDENTIALS = ("front_refused_credentials", OPERATOR,
        _("Front refused the credentials for {operation}."),
        _("Check the App UID, the App secret and this machine's clock. Then release the channel."))
    FRONT_REFUSED_PERMISSION = ("front_refused_permission", OPERATOR,
        _("Front does not allow this channel to make the request {operation}."),
        _("Check the permissions of the app and of this channel in Front."))
    FRONT_NOT_FOUND = ("front_not_found", OPERATOR,
        _("Front could not find the object that {operation} is about."),
        _("Check in Front that the object and the channel still exist."))
    FRONT_RATE_LIMITED = ("front_rate_limited", NOBODY,
        _("Front's rate limit is reached. Front asked to wait before {operation}."), BY_ITSELF)
    FRONT_FAILED = ("front_failed", NOBODY,
        _("Front failed at {operation} with status {status}."), MAYBE_AGAIN)
    FRONT_UNAVAILABLE = ("front_unavailable", NOBODY,
        _("Front was not available for {operation} and answered with status {status}."), TRIED_AGAIN)

    # Outcomes of deliveries to customers.
    HANDLER_FAILED = ("handler_failed", OPERATOR,
        _("The host's handler raised an error."),
        _("Read the error, and correct its cause. The attempt will be repeated."))
    HANDLER_CANNOT_DELIVER = ("handler_cannot_deliver", OPERATOR,
        _("The handler of this app no longer has a deliver() method."),
        _("Add deliver() to the handler, and try again."))
    DELIVERY_TOO_LATE = ("delivery_too_late", TEAMMATE,
        _("The message did not reach the customer within {age}, so it will not be sent. {last}"),
        _("If it still matters, write a new message."))
    DELIVERY_WAITS = ("delivery_waits", TEAMMATE,
        _("The customer has not got the message of {time} yet. We will try until {until}. {last}"),
        _("If it is urgent, reach the customer in another way."))
    DELIVERY_WENT = ("delivery_went", NOBODY,
        _("The message of {time} has now gone to the customer."), NOTHING)
    DELIVERY_DELAYED = ("delivery_delayed", NOBODY,
        _("The handler asked to try again in {seconds} seconds."), TRIED_AGAIN)
    DELIVERY_FAILED = ("delivery_failed", TEAMMATE,
        _("The message could not be delivered."),
        _("Reach the customer in another way, or write a new message."))
    RECEIPT_EARLY = ("receipt_early", NOBODY,
        _("deliver() has not returned this delivery id yet."), BY_ITSELF)
    RECEIPT_UNKNOWN = ("receipt_unknown", OPERATOR,
        _("No message of this channel was delivered under this delivery id."),
        _("Check that deliver() returns the same id that the provider puts in its receipts."))

    # Outcomes of webhook events.
    PROCESSING_FAILED = ("processing_failed", OPERATOR,
        _("Processing the event failed. A worker will try again."), READ_THE_LOG)
    EVENT_BODY_GONE = ("event_body_gone", OPERATOR,
        _("The body of the event was removed after its retention time."),
        _("This event can no longer be processed. To keep bodies longer, change FRONT_CHANNEL_RETENTION."))
    IMPORT_UNMATCHED = ("import_unmatched", NOBODY,
        _("The event does not say which message was imported, so a worker asks Front."), BY_ITSELF)
    IMPORT_UNKNOWN = ("import_unknown", NOBODY,
        _("Front does not say which message was imported."), NOTHING)
    IMPORT_WITHOUT_ID = ("import_without_id", NOBODY,
        _("The imported message has no id."), NOTHING)
    IMPORT_WITHOUT_THREAD = ("import_without_thread", NOBODY,
        _("Front named no external conversation for the imported message."), NOTHING)

    # Why a request to a webhook URL is not Front's, or cannot be read.
    UNVERIFIED = ("unverified", OPERATOR,
        _("The request could not be verified."), ELSEWHERE)
    SIGNATURE_MISSING = ("signature_missing", OPERATOR,
        _("X-Front-Signature or X-Front-Request-Timestamp is missing or malformed."), ELSEWHERE)
    SIGNATURE_WRONG = ("signature_wrong", OPERATOR,
        _("The signature does not belong to the request."),
        _("Compare APP_SECRET with the App secret in Front."))
    SIGNATURE_OUT_OF_TIME = ("signature_out_of_time", OPERATOR,
        _("The request was signed too long ago, or in the future."), _("Check this machine's clock."))
    METHOD_UNKNOWN = ("method_unknown", OPERATOR,
        _("Front does not use this HTTP method here."), ELSEWHERE)
    LENGTH_MALFORMED = ("length_malformed", OPERATOR,
        _("Content-Length is not a number."), ELSEWHERE)
    BODY_TOO_LARGE = ("body_too_large", OPERATOR,
        _("The request is too large."),
        _("If Front's requests are larger, raise FRONT_CHANNEL_WEBHOOK_MAX_BYTES."))
    BODY_CONSUMED = ("body_consumed", OPERATOR,
        _("The body was read before it could be verified."),
        _("Keep the middleware that reads request.POST off the webhook URLs."))
    BODY_CUT = ("body_cut", NOBODY,
        _("The body ended too early."), _("There is nothing to do: Front sends it again."))
    BODY_EMPTY = ("body_empty", OPERATOR,
        _("The request has no body."), ELSEWHERE)
    BODY_CHUNKED = ("body_chunked", OPERATOR,
        _("The body was sent in chunks, and the server did not pass it on to Django."),
        _("Let the proxy in front of the site buffer requests, so that they have a Content-Length."))
    BODY_NOT_UTF8 = ("body_not_utf8", OPERATOR,
        _("The body is not UTF-8."), ELSEWHERE)
    BODY_NOT_JSON = ("body_not_json", OPERATOR,
        _("The body is not strict JSON."), ELSEWHERE)
    BODY_TOO_DEEP = ("body_too_deep", OPERATOR,
        _("The body has more than {most} levels of nesting."), ELSEWHERE)
    BODY_NO_OBJECT = ("body_no_object", OPERATOR,
        _("The body is not a JSON object."), ELSEWHERE)
    PAYLOAD_NO_OBJECT = ("payload_no_object", OPERATOR,
        _("payload and metadata must be JSON objects."), ELSEWHERE)
    BODY_WITHOUT_TYPE = ("body_without_type", OPERATOR,
        _("The body has no type."), ELSEWHERE)
    TOO_MANY_RECIPIENTS = ("too_many_recipients", TEAMMATE,
        _("The message has more than {most} recipients."), _("Send it to fewer people at a time."))
    TOO_MANY_ATTACHMENTS = ("too_many_attachments", TEAMMATE,
        _("The message has more than {most} attachments."), _("Send them in several messages."))

    # Why a request from Front is refused.
    INTERNAL_ERROR = ("internal_error", OPERATOR,
        _("The channel failed temporarily. Please try again."), _("Read the log of the web process."))
    MISCONFIGURED = ("misconfigured", OPERATOR,
        _("The settings of this channel's site are wrong. Its administrator can find the cause in the log."),
        _("Read the log of the web process: it names the setting."))
    TYPE_UNKNOWN = ("type_unknown", TEAMMATE,
        _("This kind of message is not supported. It was not sent."), _("Write a message of another kind."))
    TYPE_AT_WRONG_URL = ("type_at_wrong_url", OPERATOR,
        _("This URL accepts only authorization and list_addresses."),
        _("Compare the URL in Front with the app's webhook URL."))
    METHOD_AND_TYPE_DIFFER = ("method_and_type_differ", OPERATOR,
        _("The HTTP method does not match the type of the request."), ELSEWHERE)
    URL_DIFFERS = ("url_differs", OPERATOR,
        _("This request was made for another URL."), ELSEWHERE)
    TOKEN_DIFFERS = ("token_differs", OPERATOR,
        _("The token of this request is not the one that connected the channel."),
        _("Compare the webhook URLs in Front. If they are right, connect the channel again."))
    CHANNEL_UNKNOWN = ("channel_unknown", OPERATOR,
        _("There is no such channel."),
        _("Remove the channel in Front, and add it again with its connection token."))
    CHANNEL_NOT_NAMED = ("channel_not_named", OPERATOR,
        _("The request names no channel."), ELSEWHERE)
    CHANNEL_DIFFERS = ("channel_differs", OPERATOR,
        _("The request names another channel."), ELSEWHERE)
    CHANNEL_GONE = ("channel_gone", TEAMMATE,
        _("This channel is no longer connected. The message was not sent."),
        _("Add the channel in Front again, with its connection token."))
    MESSAGE_REFUSED = ("message_refused", TEAMMATE,
        _("The message was refused."), _("Read the reason that the host gave."))
    MESSAGE_EMPTY = ("message_empty", TEAMMATE,
        _("The message is empty, so it was not sent."), _("Write something, or attach a file."))
    MESSAGE_TOO_LATE = ("message_too_late", TEAMMATE,
        _("The channel took too long. Please send the message again."), SEND_AGAIN)
    CONNECTION_REFUSED = ("connection_refused", OPERATOR,
        _("The channel may not be connected."), _("Read the reason that the host gave."))
    CONNECTION_TOO_LATE = ("connection_too_late", OPERATOR,
        _("The channel took too long. Please connect it again."), _("Connect the channel again in Front."))
    TOKEN_UNKNOWN = ("token_unknown", OPERATOR,
        _("Unknown token. Paste the connection token that was shown for this channel."),
        _("If nobody has the token any more, make a new one."))
    TOKEN_SPENT = ("token_spent", OPERATOR,
        _("The channel of this token was removed in Front, so the token can no longer be used."),
        _("Make a new connection token for the channel."))
    TOKEN_OF_OTHER_APP = ("token_of_other_app", OPERATOR,
        _("This token belongs to another app."),
        _("Add the channel to the app in Front that it was created for."))
    TOKEN_IN_USE = ("token_in_use", OPERATOR,
        _("Another channel in Front uses this token already. Disconnect that channel, or use another token."),
        _("Disconnect the other channel, or create a new one here."))
    CHANNEL_HAS_OTHER_TOKEN = ("channel_has_other_token", OPERATOR,
        _("This channel of Front is already connected with another token."),
        _("Disconnect the channel that is connected here, or use its token."))

    # Why a verb refuses a row.
    ROW_DELETED = ("row_deleted", NOBODY,
        _("The row has been deleted."), NOTHING)
    NOT_FROM_FRONT = ("not_from_front", OPERATOR,
        _("The message did not come from Front."), _("Choose a message that came from Front."))
    NOT_ACCEPTED = ("not_accepted", OPERATOR,
        _("Front has not accepted this message yet."), _("Wait until a worker has sent it."))
    FILE_NOT_NAMED = ("file_not_named", NOBODY,
        _("Front gave no file for this attachment."), NOTHING)
    FILE_FETCHED = ("file_fetched", NOBODY,
        _("The file is already stored here."), NOTHING)
    NOT_IN_TRASH = ("not_in_trash", OPERATOR,
        _("The conversation is not in the trash."), _("Move it there first."))
    NOT_OUTBOUND = ("not_outbound", OPERATOR,
        _("The message is from the customer."),
        _("Choose a message of the team. Only those can be marked as seen."))
    MAYBE_SENT = ("maybe_sent", OPERATOR,
        _("An earlier attempt of this message may have succeeded."), _("Wait for its outcome."))
    ALREADY_BEGUN = ("already_begun", OPERATOR,
        _("Only a message that nobody has begun to send can be cancelled."), _("Wait for its outcome."))
    NOT_UNFINISHED = ("not_unfinished", NOBODY,
        _("Only a message that waits, has failed or was cancelled can be tried again."), NOTHING)
    ALREADY_SETTLED = ("already_settled", OPERATOR,
        _("It is already settled."), _("To try again, retry its message or its event."))
    NOTHING_WAITS = ("nothing_waits", NOBODY,
        _("Nothing waits here."), NOTHING)
    # fmt: on

    @classmethod
    def named(cls, code: str) -> Code | None:
        """Return the code with this string, or None if this version does not know it."""
        return next((member for member in cls if member == code), None)


NO_REASON: dict[str, Any] = {"code": "", "parameters": {}, "detail": ""}
"""The columns of a row that has no reason."""


@dataclass(frozen=True)
class Reason:
    """A code, its parameters, and what others said. Rows store it in columns of the same names."""

    code: Code
    parameters: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    """What Front, the host, its provider or an exception said."""

    def __post_init__(self) -> None:
        if set(self.parameters) != set(self.code.parameters):
            raise TypeError(f"{self.code} has the parameters {', '.join(self.code.parameters) or 'none'}.")
        object.__setattr__(self, "detail", storable(self.detail))

    @property
    def columns(self) -> dict[str, Any]:
        """The values of a row's columns, by column name."""
        return {"code": str(self.code), "parameters": dict(self.parameters), "detail": self.detail}

    def in_language(self, language: str) -> str:
        """Return the sentence in this language, a code such as ``de``."""
        with translation.override(language):
            return sentence(self.code, self.parameters)

    def __str__(self) -> str:
        return told(self.columns)


def reason_of(error: FrontAPIError) -> Reason:
    """Return an error of Front as a reason, with what Front said."""
    code = Code.named(error.code) or Code.FRONT_ERROR
    known = {"operation": error.operation, "status": error.status_code}
    return Reason(code, {name: known[name] for name in code.parameters}, error.words)


def told(columns: Mapping[str, Any]) -> str:
    """Return the sentence, in the active language, and the detail of a stored reason."""
    known = sentence(columns["code"], columns["parameters"])
    return " ".join(filter(None, (known, columns["detail"])))


def sentence(code: str, parameters: Mapping[str, Any] | None = None) -> str:
    """Return the sentence of a code in the active language; empty for an empty code.

    Returns the code itself if it, or its parameters, come from another version of this package.
    """
    known = Code.named(code)
    try:
        shown = {name: _shown(name, value) for name, value in (parameters or {}).items()}
        return str(known.sentence).format(**shown).strip() if known else code
    except Exception:
        return code


def sentence_for_the_team(code: str, parameters: Mapping[str, Any]) -> str:
    """Return the sentence of a code for a teammate. A last reason that concerns only an operator is left out."""
    shown = dict(parameters)
    if "last" in shown:
        last = Code.named(shown["last"]["code"])
        if last is None or last.affair == OPERATOR:
            shown["last"] = {"code": "", "parameters": {}}
    return sentence(code, shown)


def advice(code: str) -> str:
    """Return what to do about a code, in the active language; empty if this version does not know the code."""
    known = Code.named(code)
    return str(known.advice) if known else ""


def _shown(name: str, value: Any) -> str:
    """Format a parameter for people, according to its name."""
    if name == "age":  # in seconds
        now = timezone.now()
        return timesince(now - timedelta(seconds=value), now)
    if name in ("time", "until") and value is not None:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return str(formats.localize(timezone.localtime(moment) if timezone.is_aware(moment) else moment))
    if name == "last":  # the reason of the last attempt
        return sentence(value["code"], value["parameters"])
    return "?" if value is None else str(value)
