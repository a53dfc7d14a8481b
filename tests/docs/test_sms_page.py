"""What phones, people and providers really send, to a host that has copied the SMS page."""

from __future__ import annotations

import hmac
import json

import pytest
import requests
from django.core.management import call_command

from django_front_channel import services
from django_front_channel.models import Channel, Message

from .pages import DOCS
from .provider import SLOW, SMS_PROVIDER
from .reader import SITE, Reader

US, ANA = "+33700000001", "+33612345678"


class SMSHost:
    """A host that has done what the page says, with its provider, its worker and its team."""

    def __init__(self, reader: Reader) -> None:
        reader.follow(DOCS / "howto" / "sms-provider.md")
        assert reader.sandbox is not None
        self.front = reader.sandbox
        self.site = reader.addresses[SITE]
        self.provider = reader.addresses[SMS_PROVIDER]
        self.channel = Channel.objects.get(address=US)

    def take(self, sms_id: str, *, sender: str, text: str = "Hello", recipient: str = US) -> int:
        """Let the provider pass on an SMS. Returns the status of the host's answer."""
        body = json.dumps({"id": sms_id, "sender": sender, "recipient": recipient, "text": text}).encode()
        signature = hmac.new(b"only the provider and we know it", body, "sha256").hexdigest()
        answer = requests.post(
            f"http://{self.site}/sms/incoming/", data=body, headers={"X-Sms-Signature": signature}, timeout=60
        )
        return answer.status_code

    def run(self) -> None:
        call_command("front_channel_worker", once=True)
        self.front.run_until_quiet()

    def message(self, sms_id: str) -> Message:
        return Message.objects.get(external_id=f"sms-{sms_id}")

    def compose(self, to: str, text: str = "Hello") -> str | None:
        """Let a teammate write. Returns the refusal, if there is one."""
        channel_id = str(self.channel.front_id)
        error: str | None = self.front.compose(channel_id=channel_id, to=[to], text=text)["error"]
        return error

    def sent(self, reply: Message) -> list[dict[str, str]]:
        """Return what the provider has sent for a reply."""
        answer = requests.get(
            f"{self.provider}/messages", params={"reference": reply.external_id}, timeout=60
        )
        found: list[dict[str, str]] = answer.json()["messages"]
        return found


@pytest.fixture
def host(connected: Reader) -> SMSHost:
    return SMSHost(connected)


def test_a_text_of_whitespace_is_shown_in_front(host: SMSHost) -> None:
    texts = {"50": "", "51": " ", "52": "\n\t ", "53": "\u00a0"}

    assert {host.take(sms_id, sender=ANA, text=text) for sms_id, text in texts.items()} == {200}
    host.run()

    assert {(host.message(sms_id).state, host.message(sms_id).text) for sms_id in texts} == {
        ("imported", "(empty)")
    }


@pytest.mark.fault("phone-numbers")
def test_names_and_short_codes_stay_as_they_are(host: SMSHost) -> None:
    for sender in ("TELEKOM", "Free Mobile", "1800FLOWERS", "72727", "911", "36179"):
        assert host.take(sender, sender=sender) == 200
        host.run()

        message = host.message(sender)
        assert (message.state, message.customer_handle) == ("imported", sender)
        assert message.external_conversation_id == f"sms:{sender}"


@pytest.mark.fault("phone-numbers")
def test_every_spelling_of_a_number_is_one_person_in_one_thread(host: SMSHost) -> None:
    for spelling in ("06 12 34 56 78", "0612345678", "0033612345678", "33612345678", "+33 (0)6-12-34-56-78"):
        assert host.take(spelling, sender=spelling) == 200

        assert host.message(spelling).customer_handle == ANA
        assert host.message(spelling).external_conversation_id == f"sms:{ANA}"
        assert host.compose(spelling) == "This customer has sent STOP, so the message was not sent."


@pytest.mark.fault("phone-numbers")
def test_stop_and_start_count_for_the_number_in_whatever_spelling(host: SMSHost) -> None:
    words = [(" start.\n", False), ("Stop!", True), ("UNSTOP", False), ("unsubscribe", True)]
    for number, (word, is_stop) in enumerate(words):
        assert host.take(f"54-{number}", sender="06.12.34.56.78", text=word) == 200

        assert bool(host.compose("0033 612345678")) is is_stop


@pytest.mark.fault("phone-numbers")
def test_a_sender_name_cannot_be_answered_and_the_teammate_reads_why(host: SMSHost) -> None:
    assert host.compose("TELEKOM") == "This sender has a name and no number, so nobody can reply."


def test_what_can_never_be_taken_is_answered_one_time(host: SMSHost) -> None:
    before = Message.objects.count()

    assert host.take("54", sender=ANA, recipient="+33799999999") == 200
    assert host.take("55", sender="not a phone at all") == 200
    assert host.take("56", sender="") == 200
    assert Message.objects.count() == before


def test_a_provider_that_times_out_after_it_has_sent_does_not_send_twice(host: SMSHost) -> None:
    assert host.compose("+33612345679", SLOW) is None
    host.run()
    reply = Message.objects.get(text=SLOW)
    assert reply.state == "delivering"

    services.messages.retry(reply)
    host.run()

    reply.refresh_from_db()
    assert reply.state == "handed_over"
    assert len(host.sent(reply)) == 1
