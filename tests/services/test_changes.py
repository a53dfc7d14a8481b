"""Later changes of messages: receipts, retries and cancellations."""

import json

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from django_front_channel import signals
from django_front_channel.exceptions import DeliveryFailed, InvalidArgument
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import (
    Courier,
    MovableClock,
    calls,
    entry_of,
    receive,
    state_of,
    tell,
    told,
    work,
)

Commit = DjangoCaptureOnCommitCallbacks


def shown(front: Sandbox, message: Message) -> dict[str, str]:
    """A message as the team sees it in Front."""
    return next(
        each
        for conversation in front.snapshot()["conversations"]
        for each in conversation["messages"]
        if each["external_id"] == message.external_id
    )


class TestReceipts:
    def test_delivered(
        self, front: Sandbox, channel: Channel, heard, django_capture_on_commit_callbacks: Commit
    ) -> None:
        delivered = heard(signals.message_delivered)
        message = receive(front, channel)

        with django_capture_on_commit_callbacks(execute=True):
            returned = messages.report_delivery(message, state="delivered")

        assert returned.state == state_of(message) == "delivered"
        assert [each["message"] for each in delivered] == [message]

    def test_by_the_providers_id(self, courier: type[Courier], front: Sandbox, channel: Channel) -> None:
        courier.outcomes.append("SM-42")
        message = receive(front, channel)
        work("deliver")
        assert state_of(message) == "handed_over"

        messages.report_delivery(channel=channel, delivery_id="SM-42", state="delivered")
        assert state_of(message) == "delivered"

    def test_a_failure_is_shown_to_the_team(
        self, front: Sandbox, channel: Channel, heard, django_capture_on_commit_callbacks: Commit
    ) -> None:
        failed = heard(signals.delivery_failed)
        message = receive(front, channel)

        with django_capture_on_commit_callbacks(execute=True):
            messages.report_delivery(message, state="failed", detail="The number is not in service.")
        work("sync")

        assert state_of(message) == "failed"
        assert [each["message"] for each in failed] == [message]
        assert failed[0]["error"].endswith(" The number is not in service.")
        message.refresh_from_db()
        assert (message.code, message.detail) == ("delivery_failed", "The number is not in service.")
        assert shown(front, message)["status"] == "failed"
        (report,) = calls(front, "/status")
        assert json.loads(report["body"]) == {"status": "failed", "reason": "The number is not in service."}

    def test_repeated(self, front: Sandbox, channel: Channel) -> None:
        message = receive(front, channel)
        for _ in range(3):
            messages.report_delivery(message, state="failed", detail="No")
        work("sync")
        assert len(calls(front, "/status")) == 1

    def test_a_late_failure_does_not_undo_a_delivery(self, front: Sandbox, channel: Channel) -> None:
        message = receive(front, channel)
        messages.report_delivery(message, state="delivered")
        messages.report_delivery(Message.objects.get(), state="failed")
        work("sync")

        assert state_of(message) == "delivered"
        assert not calls(front, "/status")

    def test_wrong_reports(self, front: Sandbox, channel: Channel) -> None:
        message = receive(front, channel)
        for wrong in (
            {"message": message, "state": "seen"},
            {"channel": channel, "delivery_id": "", "state": "delivered"},
            {"delivery_id": "SM-42", "state": "delivered"},
            {"channel": channel, "state": "delivered"},
            {"message": tell(channel, "sms-1"), "state": "delivered"},
        ):
            with pytest.raises(InvalidArgument):
                messages.report_delivery(**wrong)
        assert state_of(message) == "received"


class TestRetry:
    def test_one_that_waits_is_tried_at_once(
        self, front: Sandbox, channel: Channel, time: MovableClock
    ) -> None:
        message = tell(channel, "sms-1")
        front.fail_next(status=503)
        work("sync")
        work("sync")
        assert told(front) == ["sms-1"]

        messages.retry(message)
        work("sync")
        assert told(front) == ["sms-1", "sms-1"]
        assert state_of(message) == "accepted"

    def test_one_that_failed_says_the_same_again(self, front: Sandbox, channel: Channel) -> None:
        message = tell(channel, "sms-1", text="1 < 2\nlines", subject="Order")
        front.fail_next(status=400)
        work("sync")
        message.refresh_from_db()
        assert message.state == "failed"

        assert messages.retry(message).state == "queued"
        work("sync")

        first, second = (entry["body"] for entry in calls(front))
        assert json.loads(first) == json.loads(second)
        assert state_of(message) == "accepted"

    def test_one_that_was_cancelled(self, front: Sandbox, channel: Channel) -> None:
        message = messages.cancel(tell(channel, "sms-1"))
        messages.retry(message)
        work("sync")
        assert told(front) == ["sms-1"]

    def test_a_delivery_that_failed(self, courier: type[Courier], front: Sandbox, channel: Channel) -> None:
        """While Front, which is to be told of the failure, is down."""
        courier.outcomes.append(DeliveryFailed("The number is not in service."))
        message = receive(front, channel, "Hello")
        work("deliver")
        assert state_of(message) == "failed"

        message.refresh_from_db()
        messages.retry(message)
        work("deliver")

        assert courier.tried == ["Hello", "Hello"]
        assert state_of(message) == "delivered"

    def test_nothing_to_try(self, front: Sandbox, channel: Channel) -> None:
        message = tell(channel, "sms-1")
        work("sync")
        received = receive(front, channel)
        messages.report_delivery(received, state="delivered")

        for settled in (message, received):
            settled.refresh_from_db()
            with pytest.raises(InvalidArgument):
                messages.retry(settled)
        work()
        assert told(front) == ["sms-1"]


class TestCancel:
    def test_before_anybody_has_begun(self, front: Sandbox, channel: Channel) -> None:
        first, second = tell(channel, "sms-1"), tell(channel, "sms-2")

        messages.cancel(first)
        work("sync")

        assert told(front) == ["sms-2"]
        assert state_of(first) == "cancelled"
        entry = entry_of(first)
        assert (entry.state, entry.payload, entry.settled_at is None) == ("cancelled", {}, False)
        assert state_of(second) == "accepted"

    def test_the_thread_of_a_cancelled_message_is_kept(self, channel: Channel) -> None:
        message = messages.cancel(tell(channel, "sms-1", "thread-9"))
        message.refresh_from_db()
        assert message.external_conversation_id == "thread-9"

    def test_a_delivery(self, courier: type[Courier], front: Sandbox, channel: Channel) -> None:
        message = receive(front, channel)
        messages.cancel(message)
        work("deliver")
        assert courier.tried == []
        assert state_of(message) == "cancelled"

    def test_not_after_a_try_whose_outcome_is_unknown(self, front: Sandbox, channel: Channel) -> None:
        message = tell(channel, "sms-1")
        front.fail_next(status=500)
        work("sync")

        with pytest.raises(InvalidArgument):
            messages.cancel(message)
        assert state_of(message) == "queued"
        assert entry_of(message).state == "pending"

    def test_not_after_an_earlier_entry_whose_outcome_is_unknown(
        self, front: Sandbox, channel: Channel
    ) -> None:
        message = tell(channel, "sms-1")
        front.fail_next(status=500)
        work("sync")
        front.fail_next(status=400)
        messages.retry(message)
        work("sync")
        message.refresh_from_db()
        assert message.state == "failed"

        messages.retry(message)
        assert OutboxEntry.objects.filter(message=message).count() == 2
        with pytest.raises(InvalidArgument, match="may have succeeded"):
            messages.cancel(message)
        assert state_of(message) == "queued"

    @pytest.mark.parametrize("moment", ["first", "second"])
    def test_while_it_is_being_sent(self, front: Sandbox, channel: Channel, moment: str) -> None:
        """At the time of a call its own try has begun; the one behind it in the lane has not."""
        sent = {"first": tell(channel, "sms-1"), "second": tell(channel, "sms-2")}
        refused = []

        def cancel_meanwhile(**_arguments: object) -> None:
            try:
                messages.cancel(sent[moment])
            except InvalidArgument:
                refused.append(moment)

        signals.api_request_finished.connect(cancel_meanwhile)
        try:
            work("sync")
        finally:
            signals.api_request_finished.disconnect(cancel_meanwhile)

        if moment == "first":
            assert refused
            assert told(front) == ["sms-1", "sms-2"]
        else:
            assert not refused
            assert told(front) == ["sms-1"]
            assert state_of(sent["second"]) == "cancelled"

    def test_no_work_is_left_in_the_lane(self, channel: Channel) -> None:
        messages.cancel(tell(channel, "sms-1"))
        work("sync")
        assert not OutboxLane.objects.filter(due_at__isnull=False).exists()
