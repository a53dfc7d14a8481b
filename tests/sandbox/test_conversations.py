"""Operations on a conversation, and their effects."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Caller, Clock, Integration, conversation_id, import_message, inbound, outbound


@pytest.fixture
def path(conversation: str) -> str:
    return f"/conversations/{conversation}"


def results(call: Caller, path: str) -> list[dict[str, Any]]:
    answer = call("GET", path)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json["_results"]
    return found


def ids(call: Caller, path: str) -> list[str]:
    return [each["id"] for each in results(call, path)]


def events(call: Caller, path: str) -> list[str]:
    return [each["type"] for each in results(call, path + "/events")]


def details(call: Caller, method: str, path: str, body: Any) -> list[str]:
    answer = call(method, path, body)
    assert answer.status == 400, answer.body
    found: list[str] = answer.json["_error"]["details"]
    return found


@pytest.mark.parametrize(
    ("status", "reads", "category"),
    [
        ("archived", "archived", "resolved"),
        ("deleted", "deleted", "resolved"),
        ("spam", "deleted", "resolved"),
        ("open", "unassigned", "open"),
    ],
)
def test_status(call: Caller, path: str, status: str, reads: str, category: str) -> None:
    call("PATCH", path, {"status": "archived"})
    assert call("PATCH", path, {"status": status}).status == 204
    shown = call("GET", path).json
    assert (shown["status"], shown["status_category"]) == (reads, category)


def test_a_new_message_of_the_customer_reopens(call: Caller, path: str) -> None:
    call("PATCH", path, {"status": "archived", "assignee_id": "tea_1"})
    assert call("GET", path).json["status"] == "archived"
    import_message(call, inbound("sms-2"))
    assert call("GET", path).json["status"] == "assigned"
    assert events(call, path)[:3] == ["inbound", "assign", "archive"]


def test_assignee(call: Caller, path: str) -> None:
    assert (
        call("PUT", path + "/assignee", {"assignee_id": "alt:email:teammate.two@example.com"}).status == 204
    )
    shown = call("GET", path).json
    assert (shown["status"], shown["assignee"]["id"]) == ("assigned", "tea_2")
    assert call("PATCH", path, {"assignee_id": None}).status == 204
    shown = call("GET", path).json
    assert (shown["status"], shown["assignee"]) == ("unassigned", None)
    assert events(call, path)[:2] == ["unassign", "assign"]
    assert details(call, "PUT", path + "/assignee", {"assignee_id": "tea_9"}) == [
        "body.assignee_id: unknown teammate"
    ]
    assert details(call, "PUT", path + "/assignee", {}) == ["body.assignee_id: must be a string"]


def test_a_patch_replaces_tags_and_custom_fields(call: Caller, path: str) -> None:
    call("PATCH", path, {"tag_ids": ["tag_1", "tag_2"], "custom_fields": {"City": "Paris"}})
    call("PATCH", path, {"tag_ids": ["tag_3"], "custom_fields": {"Order": 7}, "inbox_id": "inb_2"})
    shown = call("GET", path).json
    assert [tag["id"] for tag in shown["tags"]] == ["tag_3"]
    assert shown["custom_fields"] == {"Order": 7}
    assert ids(call, path + "/inboxes") == ["inb_2"]


def test_a_refused_patch_changes_nothing(call: Caller, path: str) -> None:
    before = call.sandbox.snapshot()
    good: dict[str, Any] = {"status": "archived", "custom_fields": {"a": 1}, "assignee_id": "tea_1"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tag_ids": ["tag_1", "tag_9"]}, "body.tag_ids[1]: unknown tag"),
        ({"inbox_id": "inb_9"}, "body.inbox_id: unknown inbox"),
        ({"status_id": "sts_1"}, "body.status_id: must not be given together with status"),
        ({"due_at": 1764000000}, "body.due_at: is for tasks only"),
        ({"status": "assigned"}, "body.status: must be one of archived, open, deleted, spam"),
    ]
    for body, detail in wrong:
        assert details(call, "PATCH", path, {**good, **body}) == [detail]
    assert call.sandbox.snapshot() == before
    assert call("PATCH", path, {"status_id": "sts_1"}).status == 204
    assert call("GET", path).json["status_id"] == "sts_1"


def test_tags(call: Caller, path: str) -> None:
    assert call("POST", path + "/tags", {"tag_ids": ["tag_1", "tag_2", "tag_1"]}).status == 204
    assert call("DELETE", path + "/tags", {"tag_ids": ["tag_1"]}).status == 204
    assert [tag["name"] for tag in call("GET", path).json["tags"]] == ["Refund"]
    assert events(call, path)[:3] == ["untag", "tag", "tag"]
    assert details(call, "POST", path + "/tags", {"tag_ids": ["tag_9"]}) == ["body.tag_ids[0]: unknown tag"]


def test_followers(call: Caller, path: str) -> None:
    assert call("POST", path + "/followers", {"teammate_ids": ["tea_1", "tea_2", "tea_1"]}).status == 204
    assert ids(call, path + "/followers") == ["tea_1", "tea_2"]
    assert call("DELETE", path + "/followers", {"teammate_ids": ["tea_1"]}).status == 204
    assert ids(call, path + "/followers") == ["tea_2"]
    mixed = {"teammate_ids": ["tea_9", "tea_1"]}
    assert details(call, "POST", path + "/followers", mixed) == ["body.teammate_ids[0]: unknown teammate"]
    assert call("POST", path + "/followers?ignore_errors=true", mixed).status == 204
    assert ids(call, path + "/followers") == ["tea_2", "tea_1"]
    assert call("POST", path + "/followers", {"teammate_ids": ["tea_1"] * 50}).status == 204
    assert details(call, "POST", path + "/followers", {"teammate_ids": ["tea_1"] * 51}) == [
        "body.teammate_ids: must have at most 50 ids"
    ]


def test_links(call: Caller, path: str) -> None:
    orders = [f"https://shop.example/orders/{number}" for number in range(11)]
    assert call("POST", path + "/links", {"link_external_urls": orders[:2]}).status == 204
    links = call("GET", path).json["links"]
    assert [link["external_url"] for link in links] == orders[:2]
    assert call("DELETE", path + "/links", {"link_ids": [links[0]["id"]]}).status == 204
    other = conversation_id(import_message(call, inbound("b", "thr-b")))
    assert call("POST", f"/conversations/{other}/links", {"link_ids": [links[0]["id"]]}).status == 204
    assert call("POST", f"/conversations/{other}/links", {"link_external_urls": orders[:1]}).status == 204
    assert [each["id"] for each in call("GET", f"/conversations/{other}").json["links"]] == [links[0]["id"]]
    assert [each["id"] for each in call("GET", path).json["links"]] == [links[1]["id"]]
    assert call("POST", path + "/links", {"link_external_urls": ["https://[x"]}).status == 204
    assert [each["type"] for each in call("GET", path).json["links"]] == ["shop.example", "web"]
    either = ["body: must have either link_ids or link_external_urls"]
    assert details(call, "POST", path + "/links", {}) == either
    assert details(call, "POST", path + "/links", {"link_ids": [], "link_external_urls": []}) == either
    assert details(call, "POST", path + "/links", {"link_ids": ["lnk_9"]}) == [
        "body.link_ids[0]: unknown link"
    ]
    assert details(call, "POST", path + "/links", {"link_external_urls": orders}) == [
        "body.link_external_urls: must have at most 10 links"
    ]


def test_reminders(call: Caller, path: str, clock: Clock) -> None:
    later = int(clock.now) + 60
    body = {"teammate_id": "tea_1", "scheduled_at": later}
    assert call("PATCH", path + "/reminders", body).status == 204
    [reminder] = call("GET", path).json["scheduled_reminders"]
    assert reminder["scheduled_at"] == later
    assert reminder["_links"]["related"]["owner"].endswith("/teammates/tea_1")
    for at in (int(clock.now), later + 51 * 365 * 86400):
        wrong = {"teammate_id": "tea_1", "scheduled_at": at}
        assert details(call, "PATCH", path + "/reminders", wrong) == [
            "body.scheduled_at: must be in the future, within 50 years"
        ]
    assert call("PATCH", path + "/reminders", {**body, "scheduled_at": None}).status == 204
    assert call("GET", path).json["scheduled_reminders"] == []


def test_comments(call: Caller, path: str, clock: Clock) -> None:
    first = call("POST", path + "/comments", {"body": "Seen?", "author_id": "tea_2", "is_pinned": True})
    second = call("POST", path + "/comments", {"body": "By the shop"})
    assert (first.status, first.json["author"]["id"], first.json["is_pinned"]) == (201, "tea_2", True)
    assert (second.json["author"]["type"], second.json["posted_at"]) == ("api", clock.now)
    assert results(call, path + "/comments") == [second.json, first.json]
    assert events(call, path)[:2] == ["comment", "comment"]
    assert results(call, path + "/events")[0]["target"]["data"] == second.json


def test_drafts(call: Caller, path: str) -> None:
    body = {"body": "Hello <b>you</b>", "channel_id": "alt:address:address-1", "mode": "shared"}
    draft = call("POST", path + "/drafts", body).json
    assert (draft["is_draft"], draft["draft_mode"], draft["text"]) == (True, "shared", "Hello you")
    assert results(call, path + "/drafts") == [draft]
    assert call("GET", f"/messages/{draft['id']}").json == draft
    assert draft["id"] not in ids(call, path + "/messages")
    assert details(call, "POST", path + "/drafts", {**body, "channel_id": "cha_2"}) == [
        "body.channel_id: must be the channel of the token"
    ]


def test_messages_newest_first_in_pages(call: Caller, path: str, clock: Clock) -> None:
    expected = ids(call, path + "/messages")
    for number in range(6):
        document = outbound(f"out-{number}", delivered_at=int(clock.now) + 1 + number % 3)
        import_message(call, document)
    shown = results(call, path + "/messages")
    times = [each["created_at"] for each in shown]
    assert times == sorted(times, reverse=True)
    assert [each["id"] for each in shown][-1:] == expected
    assert (
        ids(call, path + "/messages?sort_by=created_at&sort_order=asc")
        == [each["id"] for each in shown][::-1]
    )

    paged: list[str] = []
    url: str | None = path + "/messages?limit=3"
    lengths = []
    while url:
        answer = call("GET", url).json
        lengths.append(len(answer["_results"]))
        paged += [each["id"] for each in answer["_results"]]
        following = answer["_pagination"]["next"]
        assert following is None or following.startswith(
            f"https://acme.api.frontapp.com{path}/messages?limit=3&"
        )
        url = following and following.removeprefix("https://acme.api.frontapp.com")
        import_message(call, inbound(f"new-{len(lengths)}", delivered_at=int(clock.now) + 1000))
    assert paged == [each["id"] for each in shown]
    assert lengths == [3, 3, 1]


def test_pages_have_50_by_default(call: Caller, path: str) -> None:
    for number in range(51):
        call("POST", path + "/tags" if number % 2 else path + "/comments", {"tag_ids": [], "body": "x"})
        call("PATCH", path, {"status": "archived" if number % 2 else "open"})
    call("PATCH", path, {"custom_fields": {}})
    first = call("GET", path + "/events").json
    assert len(first["_results"]) == 50
    assert first["_pagination"]["next"] is not None
    assert len(results(call, path + "/events?limit=100")) > 50


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=²", "page_token=x", "sort_by=id", "sort_order=up"],
)
def test_wrong_queries(call: Caller, path: str, query: str) -> None:
    assert call("GET", f"{path}/messages?{query}").status == 400


def test_delete_is_for_the_trash(call: Caller, path: str, integration: Integration) -> None:
    message_id = ids(call, path + "/messages")[0]
    for status in ("open", "spam", "archived"):
        call("PATCH", path, {"status": status})
        assert call("DELETE", path).status == 400
    call("POST", path + "/messages", {"body": "never sent"})
    call("PATCH", path, {"status": "deleted"})
    assert call("DELETE", path).status == 204
    for gone in (path, path + "/messages", f"/messages/{message_id}"):
        assert call("GET", gone).status == 404
    call.sandbox.run_until_quiet()
    assert integration.sent == []
    fresh = import_message(call, inbound("sms-2", "thr-7"))
    assert conversation_id(fresh) != path.rpartition("/")[2]


def test_a_conversation_may_be_deleted_while_its_message_is_sent(
    call: Caller, path: str, conversation: str, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*request: Any) -> Any:
        call("PATCH", path, {"status": "deleted"})
        assert call("DELETE", path).status == 204
        return integration(*request)

    monkeypatch.setattr(call.sandbox.company.webhooks, "_send", send)
    integration.will_send_as("r-1", "thr-7")
    result = call.sandbox.reply(conversation_id=conversation, text="x")
    assert (result["status"], result["external_conversation_ids"]) == ("sent", [])
    assert call.sandbox.snapshot()["conversations"] == []


def test_a_merged_conversation_is_not_deleted(call: Caller, path: str, conversation: str) -> None:
    other = conversation_id(import_message(call, inbound("b", "thr-b")))
    call("POST", path + "/comments", {"body": "kept"})
    call.sandbox.merge(conversation_ids=[conversation, other], survivor=other)
    assert call("DELETE", path).status == 404
    redirect = call("GET", path + "/messages?limit=1")
    assert redirect.headers["Location"].endswith(f"/conversations/{other}/messages?limit=1")
    assert [each["body"] for each in results(call, f"/conversations/{other}/comments")] == ["kept"]
    assert "conversations_merged" in events(call, f"/conversations/{other}")
