"""The shop's own tests: signed webhooks in, the worker in this process, no Front and no network."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings
from django.test import TestCase

from django_front_channel import services
from django_front_channel.handlers import handler_for
from django_front_channel.models import Channel, Message
from django_front_channel.outbox.worker import Worker
from django_front_channel.webhooks.processing.reprocessing import reprocess
from django_front_channel.webhooks.signature import signature

from . import chat, orders
from .models import ChatMessage, Customer

API = "https://company.api.frontapp.com"


class ShopTestCase(TestCase):
    """A shop with a channel, which Front has not connected yet, and a customer."""

    address = ""

    def setUp(self) -> None:
        new = services.channels.create(name="Shop chat", address=self.address)
        self.channel, self.token, self.webhook_url = new.channel, new.token, new.webhook_url
        self.customer = Customer.objects.create(name="A customer")

    def post(self, url: str, document: dict[str, Any], token: str = "") -> Any:
        body = json.dumps(document).encode()
        timestamp = str(int(time.time() * 1000))
        secret = settings.FRONT_CHANNEL_APPS["default"]["APP_SECRET"]
        headers = {
            "X-Front-Request-Timestamp": timestamp,
            "X-Front-Signature": signature(secret, timestamp, body),
            "Authorization": f"Bearer {token}",
        }
        return self.client.post(url, body, content_type="application/json", headers=headers)

    def connect(self) -> None:
        authorization = {"type": "authorization", "payload": {"channel_id": "cha_1"}}
        answer = self.post("/front/default/", authorization, self.token)
        assert answer.status_code == 200

    def reply(self, *, to: str, threads: list[str], **payload: Any) -> Any:
        """A teammate's ``message``, as Front sends it to the shop."""
        recipients = [{"handle": "Shop chat", "role": "from"}, {"handle": to, "role": "to"}]
        sent = {
            "id": "msg_2",
            "body": "<p>Yes, today.</p>",
            "text": "Yes, today.",
            "created_at": 1764000000.123,
            "author": {"id": "tea_1", "first_name": "Teammate", "last_name": "One"},
            "recipients": recipients,
            "_links": {"related": {"conversation": f"{API}/conversations/cnv_1"}},
        }
        metadata = {"external_conversation_ids": threads}
        document = {"type": "message", "payload": sent | payload, "metadata": metadata}
        return self.post(self.webhook_url, document)

    def lines(self) -> list[tuple[str, str, bool]]:
        return list(ChatMessage.objects.values_list("author", "text", "is_from_team"))


class CustomerTests(ShopTestCase):
    def write(self, text: str) -> Any:
        return self.client.post(self.customer.get_absolute_url(), {"text": text}, follow=True)

    def test_what_a_customer_writes_is_queued_for_front(self) -> None:
        page = self.write("Has my <b>parcel</b> left?")

        self.assertContains(page, "Has my &lt;b&gt;parcel&lt;/b&gt; left?")
        self.assertContains(page, 'data-state="queued"')
        message = ChatMessage.objects.get().front_message
        assert message is not None
        assert message.state == Message.State.QUEUED
        assert message.sender == {"handle": self.customer.handle, "name": "A customer"}

    def test_equal_words_are_two_messages(self) -> None:
        self.write("Hello?")
        self.write("Hello?")

        assert Message.objects.count() == 2

    def test_without_a_channel_the_chat_is_closed(self) -> None:
        Channel.objects.all().delete()

        page = self.write("Hello?")

        self.assertContains(page, "The chat opens as soon as")
        assert self.lines() == []

    def test_a_new_customer_gets_a_chat_of_their_own(self) -> None:
        page = self.client.post("/", {"name": "Another customer"}, follow=True)

        self.assertContains(page, "Another customer")
        self.assertNotContains(page, str(self.customer.key))


class HandlerTests(ShopTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.connect()

    def test_a_reply_is_put_on_the_customers_page(self) -> None:
        answer = self.reply(to=self.customer.handle, threads=[self.customer.thread_id])
        Worker(reprocess).run_until_quiet()

        assert answer.json()["external_conversation_id"] == self.customer.thread_id
        assert self.lines() == [("Teammate One", "Yes, today.", True)]
        self.assertContains(self.client.get(self.customer.get_absolute_url()), 'data-state="delivered"')

    def test_a_reply_that_is_delivered_twice_is_read_once(self) -> None:
        self.reply(to=self.customer.handle, threads=[self.customer.thread_id])
        handler, message = handler_for("default"), Message.objects.get()
        assert handler.deliver is not None

        assert handler.deliver(message) is None
        assert handler.deliver(message) is None

        assert len(self.lines()) == 1

    def test_a_message_composed_in_front_is_in_the_customers_thread(self) -> None:
        answer = self.reply(to=self.customer.handle, threads=[])

        assert answer.json()["external_conversation_id"] == self.customer.thread_id

    def test_the_teammate_reads_that_the_customer_is_unknown(self) -> None:
        answer = self.reply(to="somebody else", threads=[])

        self.assertContains(answer, "The shop has no such customer.", status_code=400)
        assert not Message.objects.exists()

    def test_the_teammate_reads_that_files_are_not_carried(self) -> None:
        file = {"id": "fil_1", "url": f"{API}/download/fil_1", "filename": "label.png"}

        answer = self.reply(to=self.customer.handle, threads=[self.customer.thread_id], attachments=[file])

        self.assertContains(answer, "This chat carries text only.", status_code=400)


class ReceiverTests(ShopTestCase):
    def imported(self, message: Message) -> None:
        """Front has created the message, and says so."""
        payload = {
            "id": "msg_1",
            "is_inbound": True,
            "metadata": {"external_id": message.external_id},
            "_links": {"related": {"conversation": f"{API}/conversations/cnv_1"}},
        }
        threads = {"external_conversation_ids": [self.customer.thread_id]}
        self.post(self.webhook_url, {"type": "message_imported", "payload": payload, "metadata": threads})

    def test_the_connection_is_logged(self) -> None:
        with self.assertLogs("example_project.shop.front", "INFO") as logs:
            self.connect()

        assert "connected to Front as cha_1" in logs.output[0]

    def test_the_page_says_where_the_message_is_in_front(self) -> None:
        self.connect()
        self.client.post(self.customer.get_absolute_url(), {"text": "Hello?"})
        self.imported(Message.objects.get())

        page = self.client.get(self.customer.get_absolute_url() + "history/")
        self.assertContains(page, "In Front as msg_1, conversation cnv_1")
        self.assertContains(page, 'data-state="imported"')

    def test_the_page_says_when_the_team_wrote(self) -> None:
        self.connect()

        self.reply(to=self.customer.handle, threads=[self.customer.thread_id])

        page = self.client.get(self.customer.get_absolute_url())
        self.assertContains(page, "The team last wrote at 16:00:00 UTC.")

    def test_a_question_for_an_order_is_answered_and_the_team_told(self) -> None:
        self.connect()
        question = chat.receive(self.channel, self.customer, "Where is order 1234?").front_message
        assert question is not None

        self.imported(question)
        orders.answer_question(message=question)

        text = "Order 1234 left our warehouse this morning. It will be with you tomorrow."
        assert self.lines()[1:] == [("The shop's robot", text, True)]
        told = Message.objects.get(external_id=f"{question.external_id}-answer")
        assert (told.direction, told.state, told.text) == ("outbound", "queued", text)

    def test_other_questions_are_left_to_the_team(self) -> None:
        self.connect()
        question = chat.receive(self.channel, self.customer, "May I order 3 of them?").front_message
        assert question is not None

        self.imported(question)

        assert len(self.lines()) == 1
