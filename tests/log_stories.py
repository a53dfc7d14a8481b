"""The test that logs each event."""

# ruff: noqa: E501 - a table
from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django_front_channel.core.log_events import LogEvent

# A test without its parameters stands for all of them.
STORIES = {
    LogEvent.SYNC_ACCEPTED: "tests/test_log_story.py::test_a_customers_message",
    LogEvent.SYNC_FAILED: "tests/test_log_story.py::test_a_message_that_front_refuses",
    LogEvent.MESSAGE_IMPORTED: "tests/test_log_story.py::test_a_customers_message",
    LogEvent.TEAMMATE_MESSAGE_RECEIVED: "tests/test_log_story.py::test_a_reply",
    LogEvent.AUTOREPLY_RECEIVED: "tests/test_log_story.py::test_an_autoreply",
    LogEvent.MESSAGE_DELIVERED: "tests/test_log_story.py::test_a_reply",
    LogEvent.DELIVERY_DELAYED: "tests/worker/test_notices.py::test_the_team_is_told_that_the_customer_waits_and_when_it_went",
    LogEvent.DELIVERY_FAILED: "tests/test_log_story.py::test_a_reply_that_fails",
    LogEvent.CONVERSATION_MERGED: "tests/services/test_merges.py::test_a_queued_verb_follows",
    LogEvent.CHANNEL_CONNECTED: "tests/test_log_story.py::test_a_channel_that_comes_and_goes",
    LogEvent.CHANNEL_DISCONNECTED: "tests/test_log_story.py::test_a_channel_that_comes_and_goes",
    LogEvent.CHANNEL_STATE_CHANGED: "tests/test_log_story.py::test_a_channel_that_comes_and_goes",
    LogEvent.SYNC_QUEUED: "tests/test_log_story.py::test_a_customers_message",
    LogEvent.MESSAGE_HANDED_OVER: "tests/worker/test_database_away.py::test_a_message_is_delivered_once[SM-42-handed_over]",
    LogEvent.MESSAGE_CANCELLED: "tests/services/test_transactions.py::test_a_channel_and_its_first_message_in_one_transaction",
    LogEvent.RECEIPT_UNKNOWN: "tests/worker/test_receipts.py::test_a_receipt_of_somebody_elses_message_is_dropped",
    LogEvent.WEBHOOK_REFUSED: "tests/hosts/test_projects.py::test_a_refusal_is_kept_under_atomic_requests",
    LogEvent.WEBHOOK_REJECTED: "tests/webhooks/test_on_the_wire.py::test_headers_that_prove_nothing",
    LogEvent.WEBHOOK_TOO_LATE: "tests/webhooks/test_promises.py::test_an_answer_that_would_be_late_leaves_nothing_to_deliver",
    LogEvent.WEBHOOK_TOKEN_DIFFERS: "tests/webhooks/test_whose_request.py::test_a_request_with_the_token_of_another_channel_is_refused",
    LogEvent.WEBHOOK_MISCONFIGURED: "tests/webhooks/test_misconfigured.py::test_an_unknown_host_is_told_in_the_log_with_the_setting",
    LogEvent.WEBHOOK_BEGUN_AGAIN: "tests/test_log_story.py::test_a_webhook_whose_database_fails_is_begun_again",
    LogEvent.WEBHOOK_ESCAPED: "tests/webhooks/test_narrow_tables.py::test_a_fact_with_an_emoji_is_kept_and_processed_when_there_is_room",
    LogEvent.CHANNEL_MOVED: "tests/test_log_story.py::test_a_channel_that_is_another_one_of_front",
    LogEvent.DELIVERY_BROKE: "tests/worker/test_raising_handlers.py::test_an_error_has_a_traceback_the_first_time_and_a_line_each_time",
    LogEvent.DELIVERY_GIVEN_UP: "tests/worker/test_raising_handlers.py::test_giving_up_after_errors_is_an_error",
    LogEvent.WEBHOOK_FAILED: "tests/webhooks/test_promises.py::test_a_mistake_of_the_host_leaves_nothing_and_may_be_tried_again",
    LogEvent.WEBHOOK_KEPT: "tests/webhooks/test_kept_facts.py::test_a_fact_that_cannot_be_processed_is_kept_and_processed_later",
    LogEvent.WEBHOOK_TYPE_UNKNOWN: "tests/webhooks/test_promises.py::test_an_unknown_notification_is_kept",
    LogEvent.WEBHOOK_CHANGED: "tests/webhooks/test_promises.py::test_the_same_id_with_other_content_gets_the_first_answer",
    LogEvent.WEBHOOK_OF_OTHER_CHANNEL: "tests/webhooks/test_verification.py::test_a_request_belongs_to_the_channel_that_it_came_to_first",
    LogEvent.BODY_CONSUMED: "tests/hosts/test_projects.py::test_a_middleware_that_takes_the_body_away_is_named_in_the_log",
    LogEvent.SIGNALS_DELAYED: "tests/hosts/test_announcing.py::test_what_cannot_be_forgotten_is_sent_again_by_a_worker",
    LogEvent.CONVERSATION_ID_UNUSABLE: "tests/services/test_merges.py::TestAnIdThatNoColumnHolds::test_a_queued_verb_is_done",
    LogEvent.MERGE_NOT_NOTED: "tests/services/test_direct_verbs_in_transactions.py::test_a_merge_that_cannot_be_noted_leaves_the_transaction_usable",
    LogEvent.FILE_NOT_DELETED: "tests/attachments/test_syncing.py::test_a_storage_that_takes_nothing_leaves_no_message",
    LogEvent.NOBODY_DELIVERS: "tests/testing/test_front.py::test_nobody_delivers",
    LogEvent.ENTRY_DONE: "tests/services/test_merges.py::test_a_queued_verb_follows",
    LogEvent.ENTRY_FAILED: "tests/test_log_story.py::test_a_report_that_fails",
    LogEvent.ATTEMPT_FAILED: "tests/test_log_story.py::test_an_outage_is_counted_instead_of_repeated",
    LogEvent.ENTRY_BROKE: "tests/worker/test_failures.py::test_an_error_of_the_apps_own_is_tried_again",
    LogEvent.LANE_BROKE: "tests/worker/test_odd_handlers.py::test_a_message_behind_one_that_cannot_be_begun_takes_nothing_from_it",
    LogEvent.LANE_LOST: "tests/worker/test_leases.py::test_a_frozen_delivery",
    LogEvent.OUTCOME_DELAYED: "tests/worker/test_database_away.py::test_a_failed_attempt_is_counted_once",
    LogEvent.WORKER_FROZEN: "tests/worker/test_time_limit.py::test_a_worker_whose_database_does_not_answer_ends",
    LogEvent.OUTCOME_BROKE: "tests/worker/test_odd_handlers.py::test_an_outcome_that_cannot_be_stored_fails_visibly",
    LogEvent.PAUSE_BEGAN: "tests/outbox/test_pauses.py::test_a_pause_stops_direct_requests_too",
    LogEvent.CHANNEL_WAITS: "tests/worker/test_failures.py::test_a_channel_without_its_app_waits",
    LogEvent.APP_MISSING: "tests/test_gateway.py::test_why_the_settings_had_no_app_is_in_the_log",
    LogEvent.WAKE_UP_FAILED: "tests/services/test_transactions.py::test_a_misspelt_wake_up_fails_nobody",
    LogEvent.STREAM_BROKE: "tests/test_log_story.py::test_a_stream_that_fails_tries_again",
    LogEvent.STREAM_ENDED: "tests/test_log_story.py::test_a_stream_that_ends_ends_the_worker",
    LogEvent.HANDLER_OVERRAN: "tests/worker/test_time_limit.py::test_the_other_streams_end_what_they_have_begun",
    LogEvent.EVENT_STOPPED: "tests/test_log_story.py::test_an_outage_is_counted_instead_of_repeated",
}


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.logged: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.logged.add(getattr(record, "event", ""))


@contextmanager
def noted() -> Iterator[set[str]]:
    """The events that this process logs meanwhile."""
    notes, ours = _Notes(), logging.getLogger("django_front_channel")
    ours.addHandler(notes)
    try:
        yield notes.logged
    finally:
        ours.removeHandler(notes)


def events_of(test: str) -> set[str]:
    """The events whose story is this test."""
    return {str(event) for event, story in STORIES.items() if story in (test, test.partition("[")[0])}
