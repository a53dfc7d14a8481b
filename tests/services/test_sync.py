"""``sync_inbound`` and ``sync_outbound``: what is stored and what Front is told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, ConversationThread, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import Contact, channels, messages
from tests.front import APP, calls, tell, told, work

NOON = datetime(2026, 5, 1, 12, 0, 0, 900_000, tzinfo=UTC)
INBOUND: dict[str, Any] = {
    "sender": "+33612345678",
    "text": "Hello",
    "external_id": "sms-1",
    "external_conversation_id": "thread-1",
}
OUTBOUND: dict[str, Any] = {
    "to": ["+33612345678"],
    "text": "Hello",
    "external_id": "out-1",
    "external_conversation_id": "thread-1",
}


@pytest.fixture
def pending(db: None) -> Channel:
    return channels.create(name="SMS").channel


def said(front: Sandbox) -> dict[str, Any]:
    """The body of the one request that was made."""
    (call,) = calls(front)
    body: dict[str, Any] = json.loads(call["body"])
    return body


def test_a_message_waits_where_the_channel_is_not_connected_yet(pending: Channel) -> None:
    message = messages.sync_inbound(pending, **INBOUND, host_data={"order": 5})

    stored = Message.objects.get(pk=message.pk)
    assert (stored.state, stored.direction, stored.source) == ("queued", "inbound", "host")
    assert (stored.external_id, stored.text, stored.html) == ("sms-1", "Hello", "")
    assert (stored.sender, stored.host_data) == ({"handle": "+33612345678"}, {"order": 5})
    entry = OutboxEntry.objects.get()
    assert (entry.kind, entry.state, entry.operation) == ("request", "pending", "sync-inbound-message")
    assert entry.message_id == message.pk


@pytest.mark.fault("line-breaks")
@pytest.mark.parametrize(
    "line_break", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"], ids=ascii
)
def test_every_line_break_reaches_front(front: Sandbox, channel: Channel, line_break: str) -> None:
    messages.sync_inbound(
        channel,
        sender="+33612345678",
        text=f"a{line_break}b{line_break}{line_break}c",
        external_id="sms-1",
        external_conversation_id="thread-1",
    )
    work("sync")

    assert said(front)["body"] == "a<br>b<br><br>c"


def test_inbound_on_the_wire(front: Sandbox, channel: Channel) -> None:
    messages.sync_inbound(
        channel,
        sender=Contact(" +33612345678 ", name="Ana", email="ana@example.org"),
        text='1 < 2 & "quoted"\r\nsecond\nthird',
        external_id="sms-1",
        external_conversation_id="thread-1",
        subject="Order 5",
        written_at=NOON,
        in_reply_to="sms-0",
    )
    work("sync")

    assert said(front) == {
        "sender": {"handle": "+33612345678", "name": "Ana", "email": "ana@example.org"},
        "body": '1 &lt; 2 &amp; "quoted"<br>second<br>third',
        "subject": "Order 5",
        "delivered_at": int(NOON.timestamp()),
        "metadata": {
            "external_id": "sms-1",
            "external_conversation_id": "thread-1",
            "referenced_message_external_id": "sms-0",
        },
    }


def test_outbound_on_the_wire(front: Sandbox, channel: Channel) -> None:
    messages.sync_outbound(
        channel,
        to=["+33612345678", Contact("+33612345679", name="Rui")],
        html="<p>Hi</p>",
        external_id="out-1",
        external_conversation_id="thread-1",
        author_name="Shop",
        written_at=NOON,
    )
    work("sync")

    assert calls(front)[0]["url"] == f"/channels/{channel.front_id}/outbound_messages"
    assert said(front) == {
        "to": [{"handle": "+33612345678"}, {"handle": "+33612345679", "name": "Rui"}],
        "body": "<p>Hi</p>",
        "sender_name": "Shop",
        "delivered_at": int(NOON.timestamp()),
        "metadata": {"external_id": "out-1", "external_conversation_id": "thread-1"},
    }


def test_a_message_happened_now_unless_told_otherwise(pending: Channel) -> None:
    before = timezone.now()
    message = messages.sync_inbound(pending, **INBOUND)
    assert before <= message.written_at <= timezone.now()


@pytest.mark.parametrize(
    "sender", ["+33612345678", Contact("+33612345678"), {"handle": "+33612345678", "name": ""}]
)
def test_the_ways_to_name_a_contact(pending: Channel, sender: Any) -> None:
    assert messages.sync_inbound(pending, **{**INBOUND, "sender": sender}).sender == {
        "handle": "+33612345678"
    }


class Spelling(ChannelHandler):
    def normalize_handle(self, channel: Channel, handle: str) -> str:
        return handle.replace(" ", "").replace("-", "")


def test_the_handler_spells_handles(pending: Channel, settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.Spelling"}}

    inbound = messages.sync_inbound(pending, **{**INBOUND, "sender": "+33 6 12-34-56-78"})
    outbound = messages.sync_outbound(pending, **{**OUTBOUND, "to": ["+33 6 12-34-56-78"]})

    assert inbound.sender["handle"] == outbound.to[0]["handle"] == "+33612345678"


@pytest.fixture
def phone_app(settings) -> None:
    app = {**APP, "CONTACT_TYPE": "phone", "HANDLER": f"{__name__}.Spelling"}
    settings.FRONT_CHANNEL_APPS = {"default": app}


@pytest.mark.fault("phone-numbers")
@pytest.mark.parametrize("handle", ["+33 6 12-34-56-78", "+12025550123", "+290" + "1" * 12])
def test_a_phone_app_takes_numbers_of_the_whole_world(pending: Channel, phone_app: None, handle: str) -> None:
    message = messages.sync_inbound(pending, **{**INBOUND, "sender": handle})
    assert message.sender["handle"] == handle.replace(" ", "").replace("-", "")


@pytest.mark.fault("phone-numbers")
@pytest.mark.parametrize(
    "handle",
    ["911", "72727", "36179001", "TELEKOM", "Free Mobile", "AT&T", "La Poste", "Téléassist", "1800GOFEDEX"],
)
def test_a_phone_app_takes_short_codes_and_sender_names(settings, pending: Channel, handle: str) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "CONTACT_TYPE": "phone"}}

    assert messages.sync_inbound(pending, **{**INBOUND, "sender": handle}).sender["handle"] == handle
    assert messages.sync_outbound(pending, **{**OUTBOUND, "to": [handle]}).to[0]["handle"] == handle


@pytest.mark.fault("phone-numbers")
@pytest.mark.parametrize(
    "handle",
    [
        *("0612345678", "33612345678", "612345678", "06123456", "+0612345678", "+", "+1" + "2" * 15, "12"),
        *("+\u0661\u0662\u0663", "\u0661\u0662\u0663\u0664", "06.12.34.56", "+1CALLNOW", "ana@shop.example"),
    ],
)
def test_a_phone_app_takes_no_other_handle(pending: Channel, phone_app: None, handle: str) -> None:
    """Front would take a number without its country code for one of the United States."""
    with pytest.raises(InvalidArgument, match="The handle of sender must be a phone number") as refused:
        messages.sync_inbound(pending, **{**INBOUND, "sender": handle})
    with pytest.raises(InvalidArgument, match=r"The handle of to\[1\] must be a phone number"):
        messages.sync_outbound(pending, **{**OUTBOUND, "to": ["+33612345678", handle]})
    assert "normalize_handle()" in str(refused.value)
    assert not Message.objects.exists()


WRONG: list[dict[str, Any]] = [
    {"text": None},
    {"html": "<p>too</p>"},
    {"text": ""},
    {"text": " \n"},
    {"text": "\0"},
    {"text": 5},
    {"text": "half an emoji \ud83d"},
    {"subject": "half an emoji \ud83d"},
    {"external_id": ""},
    {"external_id": "x" * 201},
    {"external_id": ".."},
    {"external_id": "a\nb"},
    {"external_id": 7},
    {"external_conversation_id": ""},
    {"external_conversation_id": "."},
    {"external_conversation_id": None},
    {"in_reply_to": "x" * 201},
    {"written_at": datetime(2026, 5, 1)},  # noqa: DTZ001 - the mistake that is meant
    {"written_at": datetime(1969, 5, 1, tzinfo=UTC)},
]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("sync", ["inbound", "outbound"])
def test_bad_input_stores_nothing(pending: Channel, sync: str, wrong: dict[str, Any]) -> None:
    right = INBOUND if sync == "inbound" else OUTBOUND
    with pytest.raises(InvalidArgument):
        getattr(messages, f"sync_{sync}")(pending, **{**right, **wrong})
    assert not Message.objects.exists()
    assert not OutboxEntry.objects.exists()


@pytest.mark.fault("F26")
@pytest.mark.fault("F27")
@pytest.mark.parametrize(
    "wrong",
    [
        {"author_id": "t" * 65},
        {"author_name": "n" * 201},
        {"author_name": "half a sign \ud83d"},
        {"host_data": {"note": "\0"}},
    ],
    ids=ascii,
)
def test_what_no_database_takes_is_refused(pending: Channel, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        messages.sync_outbound(pending, **OUTBOUND, **wrong)
    assert not Message.objects.exists()


def test_the_longest_author_name_and_author(pending: Channel) -> None:
    message = messages.sync_outbound(pending, **OUTBOUND, author_name="n\0" + "n" * 199, author_id="t" * 64)
    message.refresh_from_db()
    assert (message.author_name, message.author_id) == ("n" * 200, "t" * 64)


@pytest.mark.parametrize("sender", ["", " ", 5, None, {}, {"name": "Ana"}, {"handle": "+1", "phone": "+1"}])
def test_bad_senders(pending: Channel, sender: Any) -> None:
    with pytest.raises(InvalidArgument, match="sender"):
        messages.sync_inbound(pending, **{**INBOUND, "sender": sender})


@pytest.mark.parametrize("to", ["+33612345678", Contact("+33612345678"), {"handle": "+1"}, [], [""], None])
def test_bad_recipients(pending: Channel, to: Any) -> None:
    with pytest.raises(InvalidArgument, match="to"):
        messages.sync_outbound(pending, **{**OUTBOUND, "to": to})


@pytest.mark.fault("F28")
@pytest.mark.fault("F29")
def test_the_longest_ids_and_signs_of_any_script(front: Sandbox, channel: Channel) -> None:
    message = messages.sync_inbound(
        channel,
        sender="+33612345678",
        text="Olá 😀 مرحبا",
        external_id="😀" * 200,
        external_conversation_id="🍣/?#%" * 40,
    )
    work("sync")

    message.refresh_from_db()
    assert (message.state, message.text) == ("accepted", "Olá 😀 مرحبا")
    assert told(front) == ["😀" * 200]


def test_nul_is_dropped_from_text(pending: Channel) -> None:
    assert messages.sync_inbound(pending, **{**INBOUND, "text": "a\0b"}).text == "ab"


def test_a_known_thread_is_noted_at_once_and_a_new_one_by_the_worker(
    front: Sandbox, channel: Channel
) -> None:
    first = tell(channel, "sms-1")
    assert not ConversationThread.objects.exists()
    work("sync")
    second = tell(channel, "sms-2")

    (thread,) = ConversationThread.objects.all()
    assert (thread.external_conversation_id, second.thread) == ("thread-1", thread)
    assert set(thread.messages.all()) == {first, second}
