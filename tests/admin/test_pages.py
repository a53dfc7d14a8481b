"""Every page opens, finds its rows, and asks the database no more for a hundred rows than for ten."""

import json
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from django_front_channel.models import (
    Attachment,
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)
from tests.admin.conftest import (
    IDS,
    MODELS,
    Person,
    event,
    from_front,
    of_name,
    page,
    queued,
    rows_of_every_kind,
)

every_model = pytest.mark.parametrize("model", MODELS, ids=of_name)

FILTERS = {
    Channel: {"state__exact": "connected", "held_at__isempty": "1", "app": "default"},
    Conversation: {"channel__id__exact": "CHANNEL"},
    ConversationThread: {"channel__id__exact": "CHANNEL"},
    Message: {"state__exact": "queued", "channel__id__exact": "CHANNEL"},
    OutboxEntry: {"state__exact": "pending", "channel__id__exact": "CHANNEL"},
    OutboxLane: {"channel__id__exact": "CHANNEL"},
    Pause: {"scope__exact": "conversation"},
    WebhookEvent: {"state__exact": "failed", "channel__id__exact": "CHANNEL"},
}
# Values that the row does not have; for a channel, another one.
OTHER = {
    "state__exact": "cancelled",
    "held_at__isempty": "0",
    "app": "other",
    "scope__exact": "company",
}
LARGE = {
    "host_data", "tags", "text", "html", "sender", "to", "detail", "payload", "body", "answer",
    "hold_detail",
}  # fmt: skip
# What is shown of a large field, cut.
SHOWN: dict[type[Model], set[str]] = {OutboxEntry: {"detail"}}


def listed(response: object) -> list[Model]:
    return list(response.context["cl"].result_list)  # type: ignore[attr-defined]


@every_model
def test_a_row_has_its_page(boss: Person, channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]

    response = boss.open(model, row)

    assert response.status_code == 200
    assert str(row) in response.content.decode()


@every_model
def test_the_search_takes_a_whole_id_and_nothing_less(boss: Person, channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]
    rows_of_every_kind(channel, 2)

    assert listed(boss.open(model, q=IDS[model])) == [row]
    assert listed(boss.open(model, q=IDS[model][:-1])) == []


@every_model
@pytest.mark.parametrize("number", [-1, 0, 1, 2, 99])
def test_a_list_of_one_page_shows_it_whichever_is_asked_for(
    boss: Person, channel: Channel, model: type[Model], number: int
):
    row = rows_of_every_kind(channel)[model]

    assert row in listed(boss.open(model, p=str(number)))


def test_a_page_that_is_none_of_many_leads_to_the_first(boss: Person, channel: Channel):
    for number in range(51):
        queued(channel, number)

    assert len(listed(boss.open(Message, p="2"))) == 1
    for number in (-1, 0, 3):
        response = boss.client.get(page(Message, "changelist"), {"p": number})
        assert (response.status_code, response["Location"].endswith("?e=1")) == (302, True)


@every_model
def test_the_filters_narrow_the_list(boss: Person, channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]
    elsewhere = Channel.objects.create(
        name="Other", app="other", held_at=timezone.now(), token_digest="other"
    )

    offered = [each.expected_parameters() for each in boss.open(model).context["cl"].filter_specs]
    assert {name for names in offered for name in names if "isnull" not in name} == set(FILTERS[model])
    for name, value in FILTERS[model].items():
        path = page(model, "changelist")
        assert listed(boss.client.get(path, {name: value.replace("CHANNEL", str(channel.pk))})) == [row]
        other = OTHER.get(name, str(elsewhere.pk))
        assert row not in listed(boss.client.get(path, {name: other}))


def test_a_message_is_found_by_each_of_its_ids(boss: Person, channel: Channel):
    message = from_front(channel, message_uid="uid-1")
    queued(channel)

    for term in ("front-msg_1", "msg_1", "uid-1", "d-1"):
        assert listed(boss.open(Message, q=term)) == [message]


def test_ids_that_differ_in_case_are_different(boss: Person, channel: Channel):
    queued(channel)

    assert listed(boss.open(Message, q="M-1")) == []


def test_a_conversation_is_found_by_an_external_conversation_id(boss: Person, channel: Channel):
    conversation = rows_of_every_kind(channel)[Conversation]

    assert listed(boss.open(Conversation, q="t-1")) == [conversation]


@every_model
def test_a_list_costs_the_same_for_a_hundred_rows_as_for_ten(
    boss: Person, channel: Channel, model: type[Model]
):
    def queries(numbers: range) -> int:
        for number in numbers:
            rows_of_every_kind(channel, number)
            from_front(channel, number)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = boss.open(model)
        assert response.status_code == 200
        return len(captured)

    boss.open(model)  # what is cached for good, such as content types, is read now
    assert queries(range(1, 11)) == queries(range(11, 101))


@every_model
def test_a_list_leaves_large_fields_in_the_database(boss: Person, channel: Channel, model: type[Model]):
    rows_of_every_kind(channel)

    (row,) = listed(boss.open(model))

    loaded = set(row.__dict__)
    assert loaded.isdisjoint(LARGE - SHOWN.get(model, set()))


@every_model
def test_a_list_is_read_from_its_own_table_first(boss: Person, channel: Channel, model: type[Model]):
    # MariaDB would begin an inner join with the smaller table, and sort the whole larger one for one page.
    response = boss.open(model)

    assert "INNER JOIN" not in str(response.context["cl"].queryset.query)


def test_a_page_is_read_by_its_keys(boss: Person, channel: Channel):
    rows = [event(channel, number) for number in range(51)]

    response = boss.open(WebhookEvent, p="2")

    assert listed(response) == [rows[0]]
    assert f"IN ({rows[0].pk})" in str(response.context["cl"].result_list.query)


def test_all_rows_of_a_small_list_can_be_shown(boss: Person, channel: Channel):
    rows = [event(channel, number) for number in range(60)]

    assert listed(boss.open(WebhookEvent, all="")) == rows[::-1]


@pytest.mark.parametrize("model", MODELS[1:], ids=of_name)
def test_a_list_of_facts_cannot_be_sorted(boss: Person, channel: Channel, model: type[Model]):
    rows_of_every_kind(channel)

    assert "?o=" not in boss.open(model).content.decode()


def test_what_waits_comes_first_then_what_failed(boss: Person, channel: Channel):
    states = ["done", "failed", "cancelled", "pending", "done", "pending", "pending"]
    entries = [OutboxEntry.objects.create(kind="request", channel=channel, state=state) for state in states]
    OutboxEntry.objects.filter(pk=entries[5].pk).update(is_new=True)

    shown: list[Model] = [entries[number] for number in (6, 5, 3, 1, 4, 0, 2)]
    assert listed(boss.open(OutboxEntry)) == shown


def test_pauses_of_channels_and_companies_come_first(boss: Person, later: datetime):
    scopes = ("channel", "conversation", "company")
    channel, conversation, company = (
        Pause.objects.create(app="default", scope=scope, key="1", until=later) for scope in scopes
    )

    assert listed(boss.open(Pause)) == [channel, company, conversation]


def test_an_event_without_a_channel_is_found(boss: Person, channel: Channel):
    lost, _other = event(channel), event(channel, 2)
    WebhookEvent.objects.filter(pk=lost.pk).update(channel=None)

    assert listed(boss.open(WebhookEvent, q="cha_1")) == [lost]


def test_a_large_list_is_not_counted_to_its_end(
    boss: Person, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("django_front_channel.admin.row_admin.MOST_COUNTED", 60)
    for number in range(61):
        event(channel, number)
    with CaptureQueriesContext(connection) as captured:
        first = boss.open(WebhookEvent)

    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 60" in sql for sql in counts)
    assert (first.context["cl"].result_count, len(listed(first))) == (60, 50)
    assert "There may be many more" in first.content.decode()
    assert len(listed(boss.open(WebhookEvent, p="2"))) == 10


@every_model
def test_a_small_list_is_counted(boss: Person, channel: Channel, model: type[Model]):
    rows_of_every_kind(channel)
    response = boss.open(model)

    assert response.context["cl"].result_count == 1
    assert "There may be many more" not in response.content.decode()


@every_model
def test_an_empty_list_says_what_to_expect(boss: Person, model: type[Model]):
    page_class: Any = admin.site.get_model_admin(model)
    help_text = str(page_class.empty_help)

    assert help_text
    assert escape(help_text) in boss.open(model).content.decode()
    assert "Nothing matches" in boss.open(model, q="nothing").content.decode()


def test_the_pages_of_facts_have_no_field_to_fill_in(boss: Person, channel: Channel):
    rows = rows_of_every_kind(channel)

    for model in MODELS[1:]:
        content = boss.open(model, rows[model]).content.decode()
        assert 'name="_save"' not in content
        assert (
            boss.client.post(page(model, "change", rows[model].pk), {"front_id": "forged"}).status_code == 403
        )


class Links(HTMLParser):
    """What the attributes of a page lead to, or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")
        ]


@pytest.mark.fault("F128")
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<b>", "//evil"]
)
def test_no_stored_url_becomes_a_link(boss: Person, channel: Channel, url: str):
    rows = rows_of_every_kind(channel)
    Attachment.objects.update(url=url, filename=url, front_id=url)
    Conversation.objects.update(subject=url)
    message = rows[Message]
    Message.objects.update(html=f'<a href="{url}">x</a>', text=url)
    WebhookEvent.objects.update(body=json.dumps({"link": url}))
    for model, row in rows.items():
        for shown in (boss.open(model, row), boss.open(model)):
            links = Links()
            links.feed(shown.content.decode())
            assert [link for link in links.found if url.strip().lower() in link.lower()] == []
    assert url.strip() in unescape(boss.open(Message, message).content.decode())


@every_model
def test_nothing_is_added_or_deleted_by_hand(boss: Person, channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]

    assert boss.client.get(page(model, "add")).status_code == (200 if model is Channel else 403)
    assert boss.client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    boss.operate("delete_selected", row, post="yes")
    assert model._default_manager.filter(pk=row.pk).exists()


def test_a_message_shows_its_attachments_and_its_conversation(boss: Person, channel: Channel):
    content = boss.open(Message, rows_of_every_kind(channel)[Message]).content.decode()

    assert "invoice.pdf" in content
    assert "Invoice" in content


def test_a_conversation_shows_its_threads_and_an_entry_its_attempts(boss: Person, channel: Channel):
    rows = rows_of_every_kind(channel)

    assert "t-1" in boss.open(Conversation, rows[Conversation]).content.decode()
    assert "No answer" in boss.open(OutboxEntry, rows[OutboxEntry]).content.decode()


def test_a_lane_leads_to_its_entries(boss: Person, channel: Channel):
    rows = rows_of_every_kind(channel)
    rows_of_every_kind(channel, 2)
    lane = rows[OutboxLane]
    assert isinstance(lane, OutboxLane)
    link = f"{page(OutboxEntry, 'changelist')}?{urlencode(lane.lane_name._asdict())}"

    assert escape(link) in boss.open(OutboxLane, lane).content.decode()
    assert listed(boss.client.get(link)) == [rows[OutboxEntry]]


@pytest.mark.fault("F127")
@pytest.mark.parametrize(
    "wide", ["<script>alert(1)</script>", "<<<<" * 1000, '"><img src=x onerror=alert(1)>']
)
def test_what_others_wrote_is_text(boss: Person, channel: Channel, wide: str):
    Channel.objects.update(name=wide[:200])
    conversation = Conversation.objects.create(channel=channel, front_id="cnv_1", subject=wide)
    message = from_front(
        channel,
        text=wide,
        html=wide,
        subject=wide,
        sender={"handle": wide},
        detail=wide,
        author_name=wide[:200],
        host_data={"key": wide},
    )
    message.attachments.create(position=0, filename=wide[:200], url="javascript:alert(1)")
    failed = event(channel, body=wide, detail=wide)
    pages = [boss.open(model) for model in MODELS]
    pages += [boss.open(type(row), row) for row in (channel, conversation, message, failed)]
    pages.append(boss.operate("cancel", message))

    for response in pages:
        assert response.status_code == 200
        assert wide[:200] not in response.content.decode()
        assert 'href="javascript:' not in response.content.decode()
    assert "&lt;" in boss.open(Message, message).content.decode()
