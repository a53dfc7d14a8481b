"""Merged conversations: what survives, what redirects, what threads."""

from __future__ import annotations

import pytest

from django_front_channel.exceptions import InvalidArgument

from .conftest import Caller, Clock, Integration, conversation_id, import_message, inbound, outbound


def test_merge(call: Caller, clock: Clock, integration: Integration) -> None:
    small = conversation_id(import_message(call, inbound("1", "thr-1")))
    clock.now += 1
    large = conversation_id(import_message(call, inbound("2", "thr-2")))
    kept = import_message(call, outbound("3", "thr-2"))
    integration.sent.clear()
    assert call.sandbox.merge(conversation_ids=[small, large]) == {
        "conversation_id": large,
        "absorbed": [small],
    }
    assert integration.sent == []
    redirect = call("GET", f"/conversations/{small}")
    assert redirect.status == 301
    assert redirect.headers["Location"] == f"https://acme.api.frontapp.com/conversations/{large}"
    assert call("GET", f"/conversations/{large}").json["metadata"] == {
        "external_conversation_ids": ["thr-2", "thr-1"]
    }
    late = import_message(call, inbound("4", "thr-1"))
    assert conversation_id(late) == large == conversation_id(kept)
    assert integration.sent[0].json["metadata"] == {
        "external_conversation_id": "thr-2",
        "external_conversation_ids": ["thr-2", "thr-1"],
    }
    with pytest.raises(InvalidArgument, match=f"was merged into {large}"):
        call.sandbox.reply(conversation_id=small, text="x")
    call.sandbox.reply(conversation_id=large, text="x")
    assert integration.sent[-1].json["metadata"]["external_conversation_ids"] == ["thr-2", "thr-1"]


def test_merge_chain_takes_hops_and_the_oldest_of_equals_survives(call: Caller, clock: Clock) -> None:
    chain = []
    for number in "123":
        chain.append(conversation_id(import_message(call, inbound(number, f"thr-{number}"))))
        clock.now += 1
    first, second, third = chain
    assert call.sandbox.merge(conversation_ids=[second, first])["conversation_id"] == first
    call.sandbox.merge(conversation_ids=[first, third], survivor=third)
    locations = [call("GET", f"/conversations/{each}").headers["Location"] for each in (second, first)]
    assert [location.rpartition("/")[2] for location in locations] == [first, third]


def test_merge_refusals(call: Caller) -> None:
    mine = conversation_id(import_message(call, inbound("1", "a")))
    other = conversation_id(import_message(call, inbound("2", "b")))
    foreign = conversation_id(import_message(call, inbound("3", "c"), channel="cha_2"))
    for pair in ([mine, mine], [mine, foreign]):
        with pytest.raises(InvalidArgument, match="two different conversations of one channel"):
            call.sandbox.merge(conversation_ids=pair)
    with pytest.raises(InvalidArgument, match="survivor must be one"):
        call.sandbox.merge(conversation_ids=[mine, other], survivor=foreign)


def test_what_was_said_and_done_is_listed_by_its_age(call: Caller, clock: Clock) -> None:
    kept = conversation_id(import_message(call, inbound("1", "a")))
    absorbed = conversation_id(import_message(call, inbound("2", "b")))
    for conversation, body in ((absorbed, "first"), (kept, "second"), (absorbed, "third")):
        clock.now += 1
        call("POST", f"/conversations/{conversation}/comments", {"body": body})
    clock.now += 1
    call.sandbox.merge(conversation_ids=[kept, absorbed], survivor=kept)
    comments = call("GET", f"/conversations/{kept}/comments").json["_results"]
    events = call("GET", f"/conversations/{kept}/events").json["_results"]
    assert [each["body"] for each in comments] == ["third", "second", "first"]
    assert [each["type"] for each in events[:2]] == ["conversations_merged", "comment"]
    emitted = [each["emitted_at"] for each in events]
    assert emitted == sorted(emitted, reverse=True)
    assert events[0]["source"]["data"]["id"] == "tea_1"
