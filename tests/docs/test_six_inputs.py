"""Six things that phones, people and providers really do, to hosts that have copied the code of a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_front_channel.core.reasons import Code
from django_front_channel.models import Message

from .hosts import Host, QuickstartHost, ReadmeHost, SMSHost
from .reader import Reader

NUMBER, SPACED, LOCAL = "+33612345678", "+33 6 12 34 56 78", "06 12 34 56 78"
OTHER = "+33612345679"
# How a teammate may write the number. The quickstart's customers have ids, which it knows with blanks in them. The
# README's host knows one spelling, and says so.
SPELLINGS = {"quickstart": SPACED, "sms-provider": LOCAL, "README": NUMBER}


@pytest.fixture(params=SPELLINGS)
def document(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(document: str, reader: Reader, request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    if document == "quickstart":
        return QuickstartHost(reader)  # the page itself connects a channel
    connected = request.getfixturevalue("connected")
    return SMSHost(connected) if document == "sms-provider" else ReadmeHost(connected, tmp_path)


def in_front(host: Host, message: Message) -> int:
    """How often Front shows this message."""
    conversations = host.front.snapshot()["conversations"]
    return sum(shown["id"] == message.front_id for each in conversations for shown in each["messages"])


def test_a_text_of_whitespace_is_shown_or_refused_with_a_code(host: Host) -> None:
    error = host.take("70", sender=NUMBER, text=" \n\t")
    host.run()

    if error:
        assert error == "empty"
        assert not Message.objects.filter(external_id="70").exists()
    else:
        message = host.message("70")
        assert (message.state, message.text) == ("imported", "(empty)")
        assert in_front(host, message) == 1


@pytest.mark.parametrize("sender", ["TELEKOM", "72727", LOCAL])
def test_every_kind_of_sender_is_shown_in_front_and_only_once(host: Host, sender: str) -> None:
    for _repeated in range(2):
        assert host.take("71", sender=sender) == ""
        host.run()

    message = host.message("71")
    assert message.state == "imported"
    assert in_front(host, message) == 1


def test_nobody_gets_a_message_after_stop(host: Host, document: str) -> None:
    host.compose(SPELLINGS[document], text="It waits")
    assert host.take("72", sender=NUMBER, text="Stop") == ""
    host.run()

    assert in_front(host, host.message("72")) == 1
    assert host.sent("It waits") == []
    assert host.compose(SPELLINGS[document], text="One more thing") == Code.OPTED_OUT.sentence
    host.run()
    assert host.sent("One more thing") == []


def test_a_provider_that_times_out_after_it_has_sent_does_not_send_twice(host: Host) -> None:
    assert host.compose(OTHER, text=host.slow) is None
    host.run()
    reply = Message.objects.get(text=host.slow)
    assert reply.state == "delivering"

    host.try_again(reply)

    reply.refresh_from_db()
    assert reply.state in ("handed_over", "delivered")
    assert host.sent(host.slow) == [OTHER]
