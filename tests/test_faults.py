"""Every known fault that is ours has a test that shows what becomes of it."""

from tests.faults import NOT_OURS, missing, shown


def test_no_known_fault_is_without_a_test() -> None:
    assert missing() == []


def test_what_is_not_ours_has_no_test() -> None:
    assert NOT_OURS.keys() & shown().keys() == set()
