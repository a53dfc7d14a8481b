"""The shop's SMS channel, tried with the pretend network."""

from __future__ import annotations

from typing import Any

from django.test import override_settings
from django.urls import reverse

from django_front_channel.models import Message
from django_front_channel.outbox.worker import Worker
from django_front_channel.webhooks.processing.reprocessing import reprocess
from example_project.shop.models import StoppedNumber
from example_project.shop.tests import ShopTestCase

from . import network
from .models import Phone, Text


# Nobody is there: what Front would be told of failures waits.
@override_settings(FRONT_CHANNEL_API_URL="http://127.0.0.1:9")
class TextTests(ShopTestCase):
    address = "+351210000000"

    def setUp(self) -> None:
        super().setUp()
        self.connect()
        self.phone = Phone.objects.create(number="+351910000001", owner="The sailor")

    def write(self, body: str) -> Any:
        return self.client.post(self.phone.get_absolute_url(), {"body": body}, follow=True)

    def answer(self) -> Any:
        """A teammate replies, and the worker delivers."""
        answer = self.reply(to=self.phone.number, threads=[f"sms-{self.phone.number}"])
        Worker(reprocess).run_until_quiet()
        return answer

    def test_a_text_is_queued_for_front(self) -> None:
        page = self.write("Are you <open>?")

        self.assertContains(page, "Are you &lt;open&gt;?")
        message = Message.objects.get()
        assert message.external_id == Text.objects.get().sid
        assert message.sender == {"handle": "+351910000001", "name": "The sailor"}

    def test_a_reply_is_handed_over_and_then_delivered(self) -> None:
        self.answer()
        message = Message.objects.get()
        assert message.state == Message.State.HANDED_OVER

        network.pass_on()

        message.refresh_from_db()
        assert message.state == Message.State.DELIVERED
        texts = self.client.get(reverse("phone:texts", args=[self.phone.number]))
        self.assertContains(texts, "Yes, today.")
        self.assertContains(texts, 'data-state="delivered"')

    def test_a_phone_that_is_off_fails_the_message(self) -> None:
        self.client.post(reverse("phone:switch", args=[self.phone.number]))
        self.answer()

        network.pass_on()

        message = Message.objects.get()
        assert (message.state, message.state_reason) == (Message.State.FAILED, "The phone is switched off.")

    def test_a_number_that_does_not_exist_fails_at_once(self) -> None:
        Phone.objects.all().delete()

        self.answer()

        message = Message.objects.get()
        assert message.state == Message.State.FAILED
        assert message.state_reason == "No phone has the number +351910000001."

    def test_after_stop_the_teammate_reads_why_nothing_is_sent(self) -> None:
        self.write("Stop")

        answer = self.answer()

        self.assertContains(answer, "The customer has texted STOP", status_code=400)
        assert not Text.objects.filter(is_to_shop=False).exists()

    def test_start_lets_the_team_write_again(self) -> None:
        self.write("STOP")
        self.write("start")

        assert not StoppedNumber.objects.exists()
        assert self.answer().status_code == 200
