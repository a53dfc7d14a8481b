"""The reason codes that each test produces, and the test that tells the story of each code."""

# ruff: noqa: E501 - a table
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_front_channel.core import reasons
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import FrontChannelError

# A test without its parameters stands for all of them.
STORIES = {
    Code.CHANNEL_NOT_CONNECTED: "tests/admin/test_waiting.py::test_a_pending_channel_says_how_to_connect_it",
    Code.CHANNEL_DISCONNECTED: "tests/admin/test_waiting.py::test_for_a_channel_that_cannot_be_used[-channel_disconnected]",
    Code.CHANNEL_CREDENTIALS_REFUSED: "tests/admin/test_waiting.py::test_for_a_channel_that_cannot_be_used[-channel_credentials_refused]",
    Code.CHANNEL_UNREACHABLE: "tests/admin/test_waiting.py::test_for_a_channel_that_cannot_be_used[-channel_unreachable]",
    Code.CHANNEL_HELD: "tests/admin/test_waiting.py::test_for_its_channel",
    Code.CHANNEL_APP_MISSING: "tests/admin/test_waiting.py::test_for_a_channel_that_cannot_be_used[-channel_app_missing]",
    Code.CHANNEL_CONNECTED_ELSEWHERE: "tests/admin/test_waiting.py::test_for_a_channel_that_cannot_be_used[-channel_connected_elsewhere]",
    Code.PAUSED: "tests/admin/test_waiting.py::test_for_front_that_asked_to_wait",
    Code.BEHIND: "tests/admin/test_waiting.py::test_for_an_earlier_entry",
    Code.UNDER_WAY: "tests/admin/test_waiting.py::test_for_an_attempt_that_has_begun",
    Code.DUE_LATER: "tests/admin/test_waiting.py::test_for_the_next_attempt",
    Code.WAITS_FOR_WORKER: "tests/admin/test_attachments.py::test_a_file_is_saved_and_never_shown",
    Code.WAITS_FOR_TURN: "tests/admin/test_waiting.py::test_for_others_that_have_been_due_for_longer",
    Code.LEASE_ENDING: "tests/worker/test_leases.py::test_no_request_begins_after_the_lease[False-2]",
    Code.INTERRUPTED: "tests/worker/test_database_away.py::test_a_worker_that_waits_longer_than_its_lease_gives_up",
    Code.UNEXPECTED_ERROR: "tests/worker/test_failures.py::test_an_error_of_the_apps_own_is_tried_again",
    Code.GIVEN_UP: "tests/worker/test_reasons.py::test_what_is_given_up_tells_of_its_last_attempt",
    Code.REQUEST_INVALID: "tests/worker/test_reasons.py::test_a_request_that_cannot_be_made_from_what_was_enqueued",
    Code.STORAGE_FAILED: "tests/attachments/test_syncing.py::test_a_storage_that_fails_is_tried_again",
    Code.FILE_DELETED: "tests/attachments/test_fetching.py::test_a_row_that_is_gone_is_given_up",
    Code.FILE_CHANGED: "tests/attachments/test_syncing.py::test_a_file_that_is_not_the_one_that_was_given_is_not_sent[lengthen-file_changed]",
    Code.FILE_MISSING: "tests/attachments/test_syncing.py::test_a_file_that_is_not_the_one_that_was_given_is_not_sent[unlink-file_missing]",
    Code.ECHO: "tests/services/test_echoes.py::test_an_echo_that_comes_before_the_providers_id_is_dropped",
    Code.MAYBE_ECHO: "tests/services/test_echoes.py::test_what_may_be_an_echo_waits_for_the_delivery_under_way",
    Code.MAYBE_DONE: "tests/services/test_catalogue.py::test_what_must_not_happen_twice_is_not_repeated_while_its_outcome_is_unknown[conversations.reply-arguments2-1]",
    Code.FILE_FETCHED: "tests/admin/test_operations.py::test_the_files_of_a_message_are_fetched",
    Code.NOT_IN_TRASH: "tests/admin/test_operations.py::test_what_is_not_available_is_not_offered_and_says_why",
    Code.NOT_OUTBOUND: "tests/admin/test_operations.py::test_what_a_customer_wrote_is_not_marked_as_seen",
    Code.CANCELLED: "tests/services/test_changes.py::TestCancel::test_the_thread_of_a_cancelled_message_is_kept",
    Code.ERASED: "tests/people/test_repetitions.py::test_a_message_that_waits_is_not_sent_any_more",
    Code.OPTED_OUT: "tests/people/test_opt_outs.py::test_a_message_that_waits_is_reported_as_failed",
    Code.MESSAGE_TRIED_AGAIN: "tests/worker/test_odd_handlers.py::test_a_failure_that_a_retry_has_mended_is_not_reported",
    Code.SIGNAL_ROW_DELETED: "tests/worker/test_singles.py::test_a_signal_about_a_row_that_is_gone_is_given_up",
    Code.FRONT_ERROR: "tests/services/test_refresh.py::TestRefresh::test_an_answer_about_another_message",
    Code.FRONT_NOT_REACHED: "tests/worker/test_failures.py::test_front_that_is_not_there_is_no_doubt",
    Code.FRONT_OUTCOME_UNKNOWN: "tests/worker/test_failures.py::test_a_202_counts_only_with_its_uid",
    Code.FRONT_REDIRECTED: "tests/services/test_merges.py::test_a_loop_of_redirects_proves_nothing",
    Code.FRONT_REFUSED_REQUEST: "tests/worker/test_failures.py::test_what_front_refuses_is_given_up_and_the_lane_goes_on",
    Code.FRONT_REFUSED_CREDENTIALS: "tests/worker/test_failures.py::test_refused_credentials_stop_the_channel_until_it_is_released",
    Code.FRONT_REFUSED_PERMISSION: "tests/webhooks/test_kept_facts.py::test_an_import_that_front_cannot_explain_either_is_given_up[not ours]",
    Code.FRONT_NOT_FOUND: "tests/attachments/test_fetching.py::test_a_file_that_front_does_not_have_is_given_up",
    Code.FRONT_RATE_LIMITED: "tests/outbox/test_pauses.py::TestInTheCallersTransaction::test_a_pause_is_stored_after_the_commit",
    Code.FRONT_FAILED: "tests/webhooks/test_kept_facts.py::test_front_is_asked_again_when_it_does_not_answer[500]",
    Code.FRONT_UNAVAILABLE: "tests/worker/test_reasons.py::test_what_is_given_up_tells_of_its_last_attempt",
    Code.DELIVERY_TOO_LATE: "tests/worker/test_lateness.py::test_a_worker_that_was_off_delivers_nothing_late",
    Code.DELIVERY_WAITS: "tests/worker/test_notices.py::test_the_team_is_told_that_the_customer_waits_and_when_it_went",
    Code.DELIVERY_WENT: "tests/worker/test_notices.py::test_the_team_is_told_that_the_customer_waits_and_when_it_went",
    Code.HANDLER_FAILED: "tests/worker/test_deliveries.py::test_any_other_error_is_tried_again_after_asking",
    Code.HANDLER_CANNOT_DELIVER: "tests/worker/test_deliveries.py::test_a_handler_that_delivers_no_more_fails_aloud",
    Code.DELIVERY_DELAYED: "tests/worker/test_deliveries.py::test_a_delay_is_kept_and_costs_no_attempt",
    Code.DELIVERY_FAILED: "tests/worker/test_deliveries.py::test_a_failure_for_good_is_shown_to_the_team",
    Code.RECEIPT_EARLY: "tests/worker/test_receipts.py::test_it_waits_while_the_outcome_of_the_delivery_is_unknown",
    Code.RECEIPT_UNKNOWN: "tests/worker/test_receipts.py::test_a_receipt_of_somebody_elses_message_is_dropped",
    Code.PROCESSING_FAILED: "tests/worker/test_singles.py::test_an_event_whose_processing_failed_is_processed_again",
    Code.EVENT_BODY_GONE: "tests/webhooks/test_second_looks.py::test_an_import_whose_body_is_gone_by_retention_is_given_up",
    Code.IMPORT_UNMATCHED: "tests/webhooks/test_kept_facts.py::test_an_unknown_message_that_front_knows_is_created_once",
    Code.IMPORT_UNKNOWN: "tests/webhooks/test_kept_facts.py::test_an_import_that_front_cannot_explain_either_is_given_up[without our id]",
    Code.IMPORT_WITHOUT_ID: "tests/webhooks/test_kept_facts.py::test_a_fact_that_says_too_little_is_kept[no id]",
    Code.IMPORT_WITHOUT_THREAD: "tests/webhooks/test_kept_facts.py::test_a_fact_that_says_too_little_is_kept[no external conversation]",
    Code.UNVERIFIED: "tests/webhooks/test_verification.py::test_a_body_that_does_not_have_its_declared_length_is_unverified",
    Code.SIGNATURE_MISSING: "tests/webhooks/test_signature.py::test_a_timestamp_is_ten_or_thirteen_digits",
    Code.SIGNATURE_WRONG: "tests/webhooks/test_signature.py::test_a_delete_with_a_body_signs_that_body",
    Code.SIGNATURE_OUT_OF_TIME: "tests/webhooks/test_signature.py::test_a_clock_that_is_off_by_more_is_refused",
    Code.METHOD_UNKNOWN: "tests/webhooks/test_verification.py::test_other_methods_are_refused_without_a_statement",
    Code.LENGTH_MALFORMED: "tests/webhooks/test_on_the_wire.py::test_lengths",
    Code.BODY_TOO_LARGE: "tests/webhooks/test_verification.py::test_a_smaller_limit_of_the_host_counts_too",
    Code.BODY_CONSUMED: "tests/hosts/test_projects.py::test_a_middleware_that_takes_the_body_away_is_named_in_the_log",
    Code.BODY_CUT: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The body ended too early.]",
    Code.BODY_EMPTY: "tests/webhooks/test_empty_bodies.py::test_a_post_without_a_body_is_told_in_the_log[no body]",
    Code.BODY_CHUNKED: "tests/webhooks/test_empty_bodies.py::test_a_post_without_a_body_is_told_in_the_log[chunked]",
    Code.BODY_NOT_UTF8: "tests/webhooks/test_envelope.py::test_other_encodings_than_utf8",
    Code.BODY_NOT_JSON: "tests/webhooks/test_envelope.py::test_numbers_are_finite[NaN]",
    Code.BODY_TOO_DEEP: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The body has more than 64 levels of nesting.]",
    Code.BODY_NO_OBJECT: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The body is not a JSON object.]",
    Code.PAYLOAD_NO_OBJECT: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-payload and metadata must be JSON objects.]",
    Code.BODY_WITHOUT_TYPE: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The body has no type.]",
    Code.TOO_MANY_RECIPIENTS: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The message has more than 100 recipients.]",
    Code.TOO_MANY_ATTACHMENTS: "tests/docs/test_webhooks_page.py::test_a_refusal_is_what_the_page_says[400-`bad_request`-The message has more than 50 attachments.]",
    Code.INTERNAL_ERROR: "tests/webhooks/test_promises.py::test_a_mistake_of_the_host_leaves_nothing_and_may_be_tried_again",
    Code.MISCONFIGURED: "tests/webhooks/test_misconfigured.py::test_an_unknown_host_is_told_in_the_log_with_the_setting",
    Code.TYPE_UNKNOWN: "tests/webhooks/test_promises.py::test_something_unknown_that_may_be_a_message_is_not_promised",
    Code.TYPE_AT_WRONG_URL: "tests/webhooks/test_authorization.py::test_the_apps_url_takes_nothing_else",
    Code.METHOD_AND_TYPE_DIFFER: "tests/webhooks/test_verification.py::test_a_captured_delete_sent_as_post_removes_nothing",
    Code.URL_DIFFERS: "tests/webhooks/test_verification.py::test_a_request_belongs_to_the_channel_that_it_came_to_first",
    Code.CHANNEL_UNKNOWN: "tests/webhooks/test_verification.py::test_a_channel_that_does_not_exist",
    Code.CHANNEL_NOT_NAMED: "tests/webhooks/test_authorization.py::test_an_authorization_that_names_no_channel_is_refused",
    Code.CHANNEL_DIFFERS: "tests/webhooks/test_verification.py::test_a_delete_names_its_channel",
    Code.CHANNEL_GONE: "tests/webhooks/test_promises.py::test_a_channel_that_is_not_connected_accepts_no_message",
    Code.MESSAGE_REFUSED: "tests/webhooks/test_promises.py::test_a_refused_message_is_explained_and_leaves_only_the_refusal",
    Code.MESSAGE_EMPTY: "tests/hosts/test_projects.py::test_a_refusal_is_kept_under_atomic_requests",
    Code.MESSAGE_TOO_LATE: "tests/webhooks/test_promises.py::test_an_answer_that_would_be_late_leaves_nothing_to_deliver",
    Code.CONNECTION_REFUSED: "tests/webhooks/test_authorization.py::test_addresses_are_for_those_who_may_see_them",
    Code.CONNECTION_TOO_LATE: "tests/webhooks/test_authorization.py::test_a_channel_that_was_connected_too_late_is_not",
    Code.CHANNEL_MOVED: "tests/webhooks/test_whose_request.py::test_a_queue_follows_its_channel_to_another_one_of_front_only_when_adopted",
    Code.TOKEN_DIFFERS: "tests/webhooks/test_whose_request.py::test_a_request_with_the_token_of_another_channel_is_refused",
    Code.TOKEN_SPENT: "tests/webhooks/test_whose_request.py::test_the_token_of_a_channel_that_was_removed_in_front_is_spent",
    Code.TOKEN_UNKNOWN: "tests/services/test_channels.py::test_only_the_newest_token_connects",
    Code.TOKEN_OF_OTHER_APP: "tests/webhooks/test_authorization.py::test_a_handler_cannot_hand_out_another_apps_channel",
    Code.TOKEN_IN_USE: "tests/services/test_channels.py::test_the_token_of_a_disconnected_channel_connects_another_one_in_front",
    Code.CHANNEL_HAS_OTHER_TOKEN: "tests/webhooks/test_authorization.py::test_a_channel_of_front_has_one_token",
    Code.ROW_DELETED: "tests/attachments/test_fetching.py::test_a_row_that_is_gone_cannot_be_fetched",
    Code.NOT_FROM_FRONT: "tests/admin/test_operations.py::test_a_failure_is_not_reported_of_what_was_delivered",
    Code.NOT_ACCEPTED: "tests/services/test_messages_in_front.py::test_a_message_that_front_has_not_accepted",
    Code.FILE_NOT_NAMED: "tests/attachments/test_fetching.py::test_front_must_have_named_the_file",
    Code.MAYBE_SENT: "tests/services/test_changes.py::TestCancel::test_not_after_a_try_whose_outcome_is_unknown",
    Code.ALREADY_BEGUN: "tests/admin/test_operations.py::test_what_fails_stops_no_other_and_is_not_listed_without_end",
    Code.NOT_UNFINISHED: "tests/services/test_changes.py::TestRetry::test_nothing_to_try",
    Code.ALREADY_SETTLED: "tests/admin/test_operations.py::test_a_settled_entry_and_an_idle_lane_stay_as_they_are",
    Code.NOTHING_WAITS: "tests/admin/test_operations.py::test_a_settled_entry_and_an_idle_lane_stay_as_they_are",
}
_produced: set[str] = set()


@contextmanager
def noted() -> Iterator[set[str]]:
    """The codes that are produced in this process meanwhile: of reasons, of errors, and of what is shown."""
    _produced.clear()
    yield _produced


def _noting(produce: Any, code_of: Any) -> Any:
    def produce_and_note(*args: Any, **options: Any) -> Any:
        result = produce(*args, **options)
        _produced.add(str(code_of(args[0])))
        return result

    return produce_and_note


def note_from_now_on() -> None:
    """Note whatever is produced in this process."""
    for kind, name in ((reasons.Reason, "__post_init__"), (FrontChannelError, "__init__")):
        setattr(kind, name, _noting(getattr(kind, name), lambda made: made.code))
    reasons.sentence = _noting(reasons.sentence, str)


def codes_of(test: str) -> set[str]:
    """The codes whose story is this test."""
    return {str(code) for code, story in STORIES.items() if story in (test, test.partition("[")[0])}
