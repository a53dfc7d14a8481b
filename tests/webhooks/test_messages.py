"""``message`` and ``message_autoreply``: what is read, kept and announced."""

from datetime import UTC, datetime
from typing import Any

import pytest

from django_front_channel.models import Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.webhooks.envelope import Envelope
from django_front_channel.webhooks.payloads import MAX_EXTERNAL_CONVERSATIONS, read_message
from tests.webhooks.examples import AUTOREPLY, IMPORTED, MESSAGE, changed
from tests.webhooks.kept import accepted, threads
from tests.webhooks.listening import Announced

pytestmark = pytest.mark.django_db


def test_a_reply_of_a_teammate(channel: Channel, front: FrontWebhookClient, announced: Announced) -> None:
    message = accepted(front.post(channel, MESSAGE))

    assert message.thread is not None
    assert message.thread.external_conversation_id == "thr-7"
    assert (message.direction, message.source, message.state) == ("outbound", "teammate", "received")
    assert (message.front_id, message.author_id, message.author_name) == (
        "msg_2jre19y9",
        "tea_a0ljo",
        "Leela Turanga",
    )
    assert message.text == "Your parcel left today"
    assert message.html == "<p>Your parcel left <strong>today</strong></p>"
    assert message.written_at == datetime(2025, 11, 24, 16, 0, 0, 123000, tzinfo=UTC)
    assert message.sender["handle"] == "chan-address"
    assert [(to["handle"], to["name"], to["role"]) for to in message.to] == [
        ("+15558675310", "Sabrina", "to")
    ]
    attachment = message.attachments.get()
    assert (attachment.front_id, attachment.filename, attachment.content_type, attachment.size) == (
        "fil_50jy51ep",
        "label.png",
        "image/png",
        166482,
    )
    assert attachment.url.endswith("/messages/msg_2jre19y9/download/fil_50jy51ep")
    assert not attachment.is_inline
    assert threads(channel) == {"thr-7": "cnv_1042nr10", "thr-12": "cnv_1042nr10"}

    event = WebhookEvent.objects.get(front_id="msg_2jre19y9")
    assert (event.state, event.channel, event.type, event.answer_status) == (
        "processed",
        channel,
        "message",
        200,
    )
    channel.refresh_from_db()
    assert channel.company == "acme.api.frontapp.com"

    [arguments] = announced.of("teammate_message_received")
    assert announced.names == ["teammate_message_received"]
    assert (arguments["channel"], arguments["message"], arguments["event"]) == (channel, message, event)
    assert arguments["conversation"].front_id == "cnv_1042nr10"
    assert not OutboxEntry.objects.exists(), "announced, and the default handler delivers nothing"


def test_a_message_composed_in_front_names_its_own_thread(
    channel: Channel, front: FrontWebhookClient
) -> None:
    message = accepted(front.message(channel, conversation_id="cnv_9", external_conversation_ids=[]))
    assert threads(channel) == {message.external_id: "cnv_9"}


@pytest.mark.parametrize("metadata", [..., None, {}, {"external_conversation_ids": []}])
def test_a_message_without_metadata(
    channel: Channel, front: FrontWebhookClient, announced: Announced, metadata: Any
) -> None:
    body = {key: value for key, value in {**MESSAGE, "metadata": metadata}.items() if value is not ...}
    message = accepted(front.post(channel, body))
    assert threads(channel) == {message.external_id: "cnv_1042nr10"}
    assert announced.names == ["teammate_message_received"]


@pytest.mark.parametrize("example", [MESSAGE, AUTOREPLY], ids=["message", "autoreply"])
@pytest.mark.parametrize("metadata", [{}, {"external_conversation_ids": []}], ids=["absent", "empty"])
@pytest.mark.fault("known-conversation")
def test_without_ids_it_joins_the_newest_thread_of_its_conversation(
    channel: Channel, front: FrontWebhookClient, example: dict[str, Any], metadata: dict[str, Any]
) -> None:
    conversation_id = example["payload"]["_links"]["related"]["conversation"].rpartition("/")[2]
    for number in (1, 2):
        factories.imported_message(
            channel,
            external_id=f"in-{number}",
            external_conversation_id=f"thr-{number}",
            conversation_id=conversation_id,
        )

    message = accepted(front.post(channel, {**example, "metadata": metadata}))

    assert message.external_conversation_id == "thr-2"
    assert set(threads(channel)) == {"thr-1", "thr-2"}, "no thread is invented"


@pytest.mark.parametrize(
    ("metadata", "thread"),
    [
        ({"external_conversation_id": "thr-7"}, "thr-7"),
        ({"external_conversation_ids": ["thr-12"]}, "thr-12"),
        ({"external_conversation_id": "thr-7", "external_conversation_ids": ["thr-12", "thr-7"]}, "thr-7"),
        # The list counts: the single id is announced to go, and may be of a thread that has left.
        ({"external_conversation_id": "thr-old", "external_conversation_ids": ["thr-12"]}, "thr-12"),
        ({"external_conversation_ids": ["", None, 7, "..", "x" * 201, "thr-12"]}, "thr-12"),
    ],
)
def test_the_thread_of_a_reply(
    channel: Channel, front: FrontWebhookClient, metadata: dict[str, Any], thread: str
) -> None:
    message = accepted(front.post(channel, {**MESSAGE, "metadata": metadata}))
    assert message.thread is not None
    assert message.thread.external_conversation_id == thread


def test_several_recipients(channel: Channel, front: FrontWebhookClient) -> None:
    message = accepted(front.message(channel, to=["+1", "+2", "+3"]))
    assert [recipient["handle"] for recipient in message.to] == ["+1", "+2", "+3"]


@pytest.mark.parametrize("role", ["to", "cc", "bcc", "reply-to"])
def test_each_recipient_keeps_its_role(channel: Channel, front: FrontWebhookClient, role: str) -> None:
    """Front says who is written to; whom to deliver to is for the host's handler to say."""
    sender, to = MESSAGE["payload"]["recipients"]
    other = {**to, "handle": "+15558675311", "name": None, "role": role}
    message = accepted(front.post(channel, changed(MESSAGE, recipients=[sender, to, other])))
    assert message.to == [
        {"handle": "+15558675310", "name": "Sabrina", "role": "to"},
        {"handle": "+15558675311", "name": "", "role": role},
    ]


@pytest.mark.parametrize(
    ("text", "body", "kept_text", "kept_html"),
    [
        ("1 < 2\nyes", "1 < 2\nyes", "1 < 2\nyes", ""),
        ("1 < 2", "<p>1 &lt; 2</p>", "1 < 2", "<p>1 &lt; 2</p>"),
        (None, "1 < 2 & 3 > 2\nyes", "1 < 2 & 3 > 2\nyes", ""),
        (None, "<p>1 &lt; 2</p>\n<p>so:<br>yes</p>", "1 < 2\nso:\nyes", ...),
        (" ", "<div>a   b</div><style>p {}</style><ul><li>c</li></ul>", "a b\n- c", ...),
        ("only text", None, "only text", ""),
    ],
    ids=["basic", "advanced", "basic without text", "advanced without text", "blank text", "no body"],
)
def test_both_composers(
    channel: Channel,
    front: FrontWebhookClient,
    *,
    text: str | None,
    body: str | None,
    kept_text: str,
    kept_html: Any,
) -> None:
    """The Basic composer writes text, the Advanced one HTML; an SMS never shows a tag."""
    message = accepted(front.post(channel, changed(MESSAGE, text=text, body=body)))
    assert (message.text, message.html) == (kept_text, body if kept_html is ... else kept_html)


@pytest.mark.parametrize("author", [None, ..., {}, {"id": None, "first_name": None}])
def test_a_message_without_an_author(channel: Channel, front: FrontWebhookClient, author: Any) -> None:
    message = accepted(front.post(channel, changed(MESSAGE, author=author)))
    assert (message.author_id, message.author_name) == ("", "")


@pytest.mark.parametrize(
    "links",
    [
        ...,
        None,
        {},
        {"related": None},
        {"related": {"conversation": None}},
        {"related": {"conversation": "http://["}},
    ],
)
def test_a_message_that_names_no_conversation_of_front(
    channel: Channel, front: FrontWebhookClient, announced: Announced, links: Any
) -> None:
    message = accepted(front.post(channel, changed(MESSAGE, _links=links)))
    assert threads(channel) == {"thr-7": None, "thr-12": None}
    [arguments] = announced.of("teammate_message_received")
    assert (arguments["message"], arguments["conversation"]) == (message, None)


def test_a_message_with_a_file_alone(channel: Channel, front: FrontWebhookClient) -> None:
    message = accepted(front.post(channel, changed(MESSAGE, text="", body=None)))
    assert (message.text, message.attachments.count()) == ("", 1)


def test_a_merge_shows_in_the_next_message(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    old = factories.imported_message(channel, external_conversation_id="thr-12", conversation_id="cnv_old")
    absorbed = old.conversation
    announced.clear()

    message = accepted(front.post(channel, MESSAGE))

    assert threads(channel) == {"thr-7": "cnv_1042nr10", "thr-12": "cnv_1042nr10"}
    [merged] = announced.of("conversation_merged")
    assert merged["absorbed"] == absorbed
    assert merged["conversation"] == message.conversation


def test_a_message_is_announced_with_the_conversation_that_holds_it_now(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    factories.imported_message(channel, external_conversation_id="thr-7", conversation_id="cnv_old")
    accepted(front.post(channel, MESSAGE))
    [arguments] = announced.of("teammate_message_received")
    assert arguments["conversation"].front_id == "cnv_1042nr10"


def test_an_autoreply_has_neither_id_nor_author(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    message = accepted(front.post(channel, AUTOREPLY))
    assert (message.source, message.front_id, message.author_id) == ("autoreply", None, "")
    assert message.text == "We are closed."
    assert [recipient["handle"] for recipient in message.to] == ["+15558675310"]
    assert threads(channel) == {"thr-7": "cnv_55c8c149"}
    [arguments] = announced.of("autoreply_received")
    assert announced.names == ["autoreply_received"]
    assert (arguments["message"], arguments["conversation"]) == (message, message.conversation)


@pytest.mark.fault("F57")
def test_autoreplies_are_told_apart_by_what_they_answer_and_say(
    channel: Channel, front: FrontWebhookClient
) -> None:
    first = front.message_autoreply(channel).json()
    assert front.message_autoreply(channel).json() == first
    others = [
        front.message_autoreply(channel, replied_to="msg_2").json(),
        front.message_autoreply(channel, text="We open at nine.").json(),
    ]
    assert len({answer["external_id"] for answer in (first, *others)}) == 3
    assert Message.objects.count() == 3


@pytest.mark.fault("F37")
@pytest.mark.parametrize(
    ("many", "status"),
    [
        ({"recipients": [{"handle": str(n), "role": "to"} for n in range(100)]}, 200),
        ({"recipients": [{"handle": str(n), "role": "to"} for n in range(101)]}, 400),
        ({"attachments": [{"id": f"fil_{n}"} for n in range(50)]}, 200),
        ({"attachments": [{"id": f"fil_{n}"} for n in range(51)]}, 400),
    ],
)
def test_lists_have_a_sane_length(
    channel: Channel, front: FrontWebhookClient, many: dict[str, Any], status: int
) -> None:
    assert front.post(channel, changed(MESSAGE, **many)).status_code == status
    assert Message.objects.count() == int(status == 200)


@pytest.mark.fault("F26")
@pytest.mark.fault("F27")
@pytest.mark.fault("F28")
def test_text_that_not_every_database_can_store(channel: Channel, front: FrontWebhookClient) -> None:
    text = "nul\0, half \ud83d of it, and ☕😀"
    body = changed(MESSAGE, text=text, body=text, subject=text, author={"first_name": text})
    body["payload"]["recipients"] = [{"handle": text, "name": text, "role": "to"}]
    body["payload"]["attachments"] = [{"filename": text, "url": text, "content_type": text}]
    stored = "nul, half � of it, and ☕😀"

    message = accepted(front.post(channel, body))

    assert (message.text, message.subject, message.author_name) == (stored, stored, stored)
    assert message.to[0]["handle"] == stored
    assert message.attachments.get().filename == stored


ODD_LISTS: dict[str, Any] = {
    "no metadata": None,
    "missing": {},
    "null": {"external_conversation_ids": None},
    "empty": {"external_conversation_ids": []},
    "a text": {"external_conversation_ids": "thr-7"},
    "an object": {"external_conversation_ids": {"0": "thr-7"}},
    "twice": {"external_conversation_ids": ["thr-7", "thr-7", "thr-7"]},
    "no texts": {"external_conversation_ids": [None, 7, [], {}, "", "thr-7"]},
    "too long": {"external_conversation_ids": ["x" * 201, "thr-7"]},
    "too many": {"external_conversation_ids": [f"thr-{number}" for number in range(7, 10_007)]},
}


@pytest.mark.fault("F116")
@pytest.mark.parametrize("metadata", ODD_LISTS.values(), ids=ODD_LISTS)
@pytest.mark.parametrize("body", [MESSAGE, IMPORTED], ids=["message", "import"])
def test_an_odd_list_of_threads_is_no_crash(
    channel: Channel, front: FrontWebhookClient, body: dict[str, Any], metadata: Any
) -> None:
    answer = front.post(channel, {**body, "metadata": metadata})
    assert answer.status_code in (200, 400), answer.json()
    assert channel.threads.count() <= MAX_EXTERNAL_CONVERSATIONS
    longest = max(map(len, channel.threads.values_list("external_conversation_id", flat=True)), default=0)
    assert longest <= 200


@pytest.mark.fault("F30")
@pytest.mark.parametrize("pair", [("conv-A", "conv-a"), ("a", "a "), ("é", "e"), ("x😀", "x🍣")])
def test_threads_are_told_apart_by_their_exact_id(
    channel: Channel, front: FrontWebhookClient, pair: tuple[str, str]
) -> None:
    for conversation, external_id in zip(("cnv_1", "cnv_2"), pair, strict=True):
        accepted(
            front.message(channel, conversation_id=conversation, external_conversation_ids=[external_id])
        )
    assert threads(channel) == dict(zip(pair, ("cnv_1", "cnv_2"), strict=True))


@pytest.mark.fault("F34")
@pytest.mark.parametrize(
    ("created_at", "year"),
    [
        (1764000000, 2025),
        (1764000000123, 2025),
        (-1, None),
        (1e300, None),
        (10**18, None),
        (True, None),
        ("1", None),
    ],
)
def test_times_that_cannot_be_meant_are_the_time_of_arrival(
    channel: Channel, front: FrontWebhookClient, created_at: Any, year: int | None
) -> None:
    message = accepted(front.post(channel, changed(MESSAGE, created_at=created_at)))
    event = WebhookEvent.objects.get(type="message")
    assert message.written_at.year == year if year else message.written_at == event.received_at


def test_what_people_wrote_is_in_no_repr() -> None:
    envelope = Envelope("message", MESSAGE["payload"], MESSAGE["metadata"])
    for shown in (repr(envelope), repr(read_message(envelope))):
        for private in ("parcel", "Sabrina", "+15558675310", "Leela", "label.png"):
            assert private not in shown
