"""The shop's SMS channel, tried with the pretend network."""

from __future__ import annotations

from unittest import mock

from django.urls import reverse

from django_front_channel import services
from django_front_channel.core.reasons import Code
from django_front_channel.models import Message, OptOut
from example_project.shop import sms
from example_project.shop.tests import ShopTestCase

from . import network
from .models import Phone, Text

OPTED_OUT = Code.OPTED_OUT.sentence


class TextTests(ShopTestCase):
    address = "+351210000000"

    def setUp(self) -> None:
        super().setUp()
        self.phone = Phone.objects.create(number="+351910000001", owner="The sailor")

    def text(self, body: str) -> None:
        self.client.post(self.phone.get_absolute_url(), {"body": body})

    def answer(self, text: str = "Yes, today.", to: str = "") -> str | None:
        """Let a teammate write to the phone. Returns what the teammate reads if that is refused."""
        written = self.front.compose(self.channel, text, to=to or self.phone.number)
        self.front.run()
        return written.error

    def test_a_text_reaches_the_team(self) -> None:
        self.text("Are you <open>?")
        self.front.run()

        assert self.front.inbox[0].texts == ["Are you <open>?"]
        message = Message.objects.get()
        assert message.external_id == Text.objects.get().sid
        assert message.sender == {"handle": "+351910000001", "name": "The sailor"}

    def test_a_reply_is_handed_over_and_then_delivered(self) -> None:
        assert self.answer() is None
        message = Message.objects.get()
        assert message.state == Message.State.HANDED_OVER

        network.pass_on()

        message.refresh_from_db()
        assert message.state == Message.State.DELIVERED
        texts = self.client.get(reverse("phone:texts", args=[self.phone.number]))
        self.assertContains(texts, "Yes, today.")
        self.assertContains(texts, 'data-state="delivered"')

    def test_the_team_reads_that_the_phone_is_off(self) -> None:
        self.client.post(reverse("phone:switch", args=[self.phone.number]))
        self.answer()

        network.pass_on()
        self.front.run()

        assert [message.error for message in self.front.failures] == ["The phone is switched off."]

    def test_the_team_reads_that_there_is_no_such_number(self) -> None:
        Phone.objects.all().delete()

        self.answer()

        assert [message.error for message in self.front.failures] == [
            "No phone has the number +351910000001."
        ]

    def test_after_stop_the_teammate_reads_why_nothing_is_sent(self) -> None:
        self.text("Stop")

        assert self.answer() == OPTED_OUT
        assert not Text.objects.filter(is_to_shop=False).exists()

    def test_stop_counts_for_the_number_in_whatever_spelling(self) -> None:
        self.text("Stop.")

        for spelling in ("910000001", "910 000 001", "00351 910000001"):
            assert self.answer(to=spelling) == OPTED_OUT

    def test_names_short_codes_and_texts_of_whitespace_reach_the_team(self) -> None:
        for sid, sender in enumerate(("TELEKOM", "72727", "910000009")):
            sms.receive(number=sender, name="", body=" \n", sid=f"SM{sid}")
        self.front.run()

        told = Message.objects.order_by("pk").values_list("customer_handle", "state", "text")
        assert list(told) == [
            (sender, "imported", "(empty)") for sender in ("TELEKOM", "72727", "+351910000009")
        ]
        assert self.answer(to="TELEKOM") == "This sender has a name and no number, so nobody can reply."

    def test_start_lets_the_team_write_again(self) -> None:
        self.text("STOP")
        self.text("start")

        assert not OptOut.objects.exists()
        assert self.answer() is None

    def test_a_start_that_the_provider_repeats_does_not_undo_a_later_stop(self) -> None:
        for sid, body in (("SM1", "START"), ("SM2", "STOP"), ("SM1", "START")):
            sms.receive(number=self.phone.number, name="", body=body, sid=sid)

        assert self.answer() == OPTED_OUT

    def test_a_text_that_went_out_unseen_is_not_sent_twice(self) -> None:
        def time_out(*arguments: str, **more: str) -> str:
            sending(*arguments, **more)
            raise TimeoutError

        sending = network.send
        with mock.patch.object(network, "send", time_out):
            self.answer()
        self.front.clock.advance(hours=1)
        self.front.run()

        assert Text.objects.get(is_to_shop=False).body == "Yes, today."
        assert Message.objects.get().state == Message.State.HANDED_OVER

    def test_a_text_that_nobody_can_take_is_logged(self) -> None:
        services.channels.disconnect(self.channel)

        with self.assertLogs("example_project.shop", "ERROR") as logged:
            self.text("Hello?")

        assert logged.records[0].args == (Text.objects.get().sid,)
