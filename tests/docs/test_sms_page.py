"""A host that copied the SMS page handles what phones, people and providers really send."""

from __future__ import annotations

import pytest

from django_front_channel.core.reasons import Code
from django_front_channel.models import Message

from .hosts import SMSHost
from .reader import Reader

ANA = "+33612345678"
OPTED_OUT = Code.OPTED_OUT.sentence


@pytest.fixture
def host(connected: Reader) -> SMSHost:
    return SMSHost(connected)


def test_a_text_of_whitespace_is_shown_in_front(host: SMSHost) -> None:
    texts = {"50": "", "51": " ", "52": "\n\t ", "53": "\u00a0"}

    assert {host.call(sms_id, sender=ANA, text=text) for sms_id, text in texts.items()} == {200}
    host.run()

    assert {(host.message(sms_id).state, host.message(sms_id).text) for sms_id in texts} == {
        ("imported", "(empty)")
    }


@pytest.mark.fault("phone-numbers")
def test_names_and_short_codes_stay_as_they_are(host: SMSHost) -> None:
    for sender in ("TELEKOM", "Free Mobile", "1800FLOWERS", "72727", "911", "36179"):
        assert host.call(sender, sender=sender) == 200
        host.run()

        message = host.message(sender)
        assert (message.state, message.customer_handle) == ("imported", sender)
        assert message.external_conversation_id == f"sms:{sender}"


@pytest.mark.fault("phone-numbers")
def test_every_spelling_of_a_number_is_one_person_in_one_thread(host: SMSHost) -> None:
    for spelling in ("06 12 34 56 78", "0612345678", "0033612345678", "33612345678", "+33 (0)6-12-34-56-78"):
        assert host.call(spelling, sender=spelling) == 200

        assert host.message(spelling).customer_handle == ANA
        assert host.message(spelling).external_conversation_id == f"sms:{ANA}"
        assert host.compose(spelling) == OPTED_OUT


@pytest.mark.fault("phone-numbers")
def test_stop_and_start_count_for_the_number_in_whatever_spelling(host: SMSHost) -> None:
    words = [(" start.\n", False), ("Stop!", True), ("UNSTOP", False), ("unsubscribe", True)]
    for number, (word, is_stop) in enumerate(words):
        assert host.call(f"54-{number}", sender="06.12.34.56.78", text=word) == 200

        assert bool(host.compose("0033 612345678")) is is_stop


@pytest.mark.fault("phone-numbers")
def test_a_sender_name_cannot_be_answered_and_the_teammate_reads_why(host: SMSHost) -> None:
    assert host.compose("TELEKOM") == "This sender has a name and no number, so nobody can reply."


def test_what_can_never_be_taken_is_answered_one_time(host: SMSHost) -> None:
    before = Message.objects.count()

    assert host.call("54", sender=ANA, recipient="+33799999999") == 200
    assert host.call("55", sender="not a phone at all") == 200
    assert host.call("56", sender="") == 200
    assert Message.objects.count() == before


def test_a_start_that_the_provider_repeats_does_not_undo_a_later_stop(host: SMSHost) -> None:
    for sms_id, word in (("60", "START"), ("61", "STOP"), ("60", "START")):
        assert host.call(sms_id, sender=ANA, text=word) == 200

    assert host.compose(ANA) == OPTED_OUT
