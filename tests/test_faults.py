"""Every known fault that is ours has a test that shows what becomes of it, or is on the list of those to come."""

from tests.faults import LATER, NOT_OURS, catalogue, shown, without_test


def test_no_fault_loses_its_test() -> None:
    assert set(without_test()) == LATER


def test_every_marked_fault_is_in_the_catalogue() -> None:
    assert shown().keys() - catalogue().keys() == set()


def test_a_fault_that_is_not_ours_has_no_test() -> None:
    assert NOT_OURS.keys() & shown().keys() == set()
