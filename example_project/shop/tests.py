"""The shop's own tests: customers on the pages, a team in a Front that is in this process, no network."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings

from django_front_channel import services
from django_front_channel.handlers import handler_for
from django_front_channel.models import Message
from django_front_channel.testing import FrontMixin
from example_project.phone.models import Phone

from . import chat, orders
from .models import ChatMessage, Customer

PICTURE = b"\x89PNG\r\n\x1a\n and so on"


class ShopTestCase(FrontMixin, TestCase):
    """A shop that is connected to Front, and a customer."""

    address = ""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.enterContext(override_settings(MEDIA_ROOT=folder.name))
        self.channel = self.front.connect(name="Shop", address=self.address)
        self.customer = Customer.objects.create(name="A customer")

    def write(self, text: str, **fields: Any) -> Any:
        return self.client.post(self.customer.get_absolute_url(), {"text": text, **fields}, follow=True)

    def page(self) -> Any:
        return self.client.get(self.customer.get_absolute_url() + "history/")

    def lines(self) -> list[tuple[str, str, bool]]:
        return list(ChatMessage.objects.values_list("author", "text", "is_from_team"))


class CustomerTests(ShopTestCase):
    def test_what_a_customer_writes_is_queued_and_then_read_by_the_team(self) -> None:
        page = self.write("Has my <b>parcel</b> left?")

        self.assertContains(page, "Has my &lt;b&gt;parcel&lt;/b&gt; left?")
        self.assertContains(page, 'data-state="queued"')

        self.front.run()
        assert self.front.inbox[0].texts == ["Has my <b>parcel</b> left?"]
        self.assertContains(self.page(), 'data-state="imported"')
        self.assertContains(self.page(), f"conversation {self.front.inbox[0].id}")

    def test_a_picture_is_shown_on_both_sides(self) -> None:
        self.write("", file=SimpleUploadedFile("parcel.png", PICTURE, "image/png"))
        self.front.run()

        [file] = self.front.inbox[0].messages[0].attachments
        assert (file.filename, file.content) == ("parcel.png", PICTURE)
        self.assertContains(self.page(), '<img src="')
        shown = self.client.get(self.customer.get_absolute_url() + f"files/{self.attachment_id()}/")
        assert shown.getvalue() == PICTURE
        assert shown.headers["Content-Type"] == "image/png"

    def test_a_file_that_is_no_picture_is_saved_and_not_shown(self) -> None:
        self.write("", file=SimpleUploadedFile("page.html", b"<script>", "text/html"))

        saved = self.client.get(self.customer.get_absolute_url() + f"files/{self.attachment_id()}/")
        saved.close()
        assert saved.headers["Content-Disposition"] == 'attachment; filename="page.html"'
        assert saved.headers["Content-Type"] == "application/octet-stream"

    def test_nobody_else_may_read_the_file(self) -> None:
        self.write("", file=SimpleUploadedFile("parcel.png", PICTURE, "image/png"))
        other = Customer.objects.create(name="Another customer")

        answer = self.client.get(other.get_absolute_url() + f"files/{self.attachment_id()}/")
        assert answer.status_code == 404

    def attachment_id(self) -> int:
        message = ChatMessage.objects.get().front_message
        assert message is not None
        return message.attachments.get().pk

    def test_equal_words_are_two_messages(self) -> None:
        self.write("Hello?")
        self.write("Hello?")

        assert Message.objects.count() == 2

    def test_nothing_at_all_is_no_message(self) -> None:
        self.assertContains(self.write(""), "Write something, or choose a file.")

    def test_without_a_channel_the_chat_is_closed(self) -> None:
        services.channels.disconnect(self.channel)

        page = self.write("Hello?")

        self.assertContains(page, "The chat opens as soon as")
        assert self.lines() == []

    def test_a_new_customer_gets_a_chat_of_their_own(self) -> None:
        page = self.client.post("/", {"name": "Another customer"}, follow=True)

        self.assertContains(page, "Another customer")
        self.assertNotContains(page, str(self.customer.key))

    def test_the_map_leads_to_everybody(self) -> None:
        page = self.client.get("/")

        self.assertContains(page, self.customer.get_absolute_url())
        self.assertContains(page, "/admin/")

    @override_settings(SHOP_IS_DEMO=False)
    def test_in_the_world_outside_the_map_leads_to_nobody(self) -> None:
        Phone.objects.create(number="+351910000001", owner="Ana")
        page = self.client.get("/")

        self.assertNotContains(page, str(self.customer.key))
        self.assertNotContains(page, self.customer.name)
        self.assertNotContains(page, "/phone/")


class TeamTests(ShopTestCase):
    def test_a_reply_is_put_on_the_customers_page(self) -> None:
        self.write("Has it left?")
        self.front.run()
        self.front.reply(self.customer.thread_id, "Yes, today.")
        self.front.run()

        assert self.lines()[1:] == [("Teammate One", "Yes, today.", True)]
        self.assertContains(self.page(), 'data-state="delivered"')
        self.assertContains(self.page(), "The team last wrote at")

    def test_a_picture_of_the_team_is_fetched_and_shown(self) -> None:
        label = ContentFile(PICTURE, name="label.png")
        self.front.compose(self.channel, "Your label", to=self.customer.handle, attachments=[label])
        self.front.run()

        self.assertContains(self.page(), 'alt="label.png"')
        with Message.objects.get().attachments.get().open() as file:
            assert file.read() == PICTURE

    def test_a_reply_that_is_delivered_twice_is_read_once(self) -> None:
        self.front.compose(self.channel, "Hello!", to=self.customer.handle)
        handler, message = handler_for("default"), Message.objects.get()
        assert handler.deliver is not None

        assert handler.deliver(message) is None
        assert handler.deliver(message) is None

        assert len(self.lines()) == 1

    def test_a_message_composed_in_front_is_in_the_customers_thread(self) -> None:
        self.front.compose(self.channel, "Hello!", to=self.customer.handle)
        self.front.run()
        self.write("Oh, hello!")
        self.front.run()

        assert [each.texts for each in self.front.inbox] == [["Hello!", "Oh, hello!"]]

    def test_the_teammate_reads_that_the_customer_is_unknown(self) -> None:
        refused = self.front.compose(self.channel, "Hello!", to="somebody else")

        assert refused.error == "The shop has no such customer. Reply in the customer's own conversation."
        assert not Message.objects.exists()


class OrderTests(ShopTestCase):
    def test_a_question_for_an_order_is_answered_once_and_the_team_told(self) -> None:
        self.write("Where is order 1234?")
        self.front.run()
        orders.answer_question(message=Message.objects.get(direction=Message.Direction.INBOUND))
        self.front.run()

        text = "Order 1234 left our warehouse this morning. It will be with you tomorrow."
        assert self.lines()[1:] == [("The shop's robot", text, True)]
        assert self.front.inbox[0].texts == ["Where is order 1234?", text]

    def test_other_questions_are_left_to_the_team(self) -> None:
        self.write("May I order 3 of them?")
        self.front.run()

        assert len(self.lines()) == 1

    def test_customers_of_other_channels_are_left_alone(self) -> None:
        message = services.messages.sync_inbound(
            self.channel, sender="x", text="order 1234", external_id="1", external_conversation_id="1"
        )

        orders.answer_question(message=message)

        assert chat.customers(message).count() == 0
        assert Message.objects.count() == 1
