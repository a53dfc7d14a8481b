"""Every error has a code, and can be pickled between processes."""

from __future__ import annotations

import inspect
import pickle

import pytest

from django_front_channel import exceptions
from django_front_channel.core.reasons import Code

ALL = [
    kind
    for _name, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, exceptions.FrontChannelError)
]
MADE = [
    exceptions.InvalidArgument("sender is wrong.", code="empty", argument="sender"),
    exceptions.ExternalIdConflict("It is used.", argument="external_id"),
    exceptions.ChannelUnavailable("It is held.", code=Code.CHANNEL_HELD),
    exceptions.SignatureRejected("It is old.", code=Code.SIGNATURE_OUT_OF_TIME),
    exceptions.PayloadRejected("Too deep.", code=Code.BODY_TOO_DEEP, parameters={"most": 64}),
    exceptions.AuthorizationRefused("Not here."),
    exceptions.MessageRefused("Not now.", code=Code.MESSAGE_EMPTY),
    exceptions.DeliveryFailed("No such number."),
    exceptions.DeliveryDelayed(2.5),
    exceptions.FrontServerError("Oops", operation="create-call", status_code=500, detail="d", advice="Wait."),
    exceptions.FrontConnectionError("Not sent", code=Code.LEASE_ENDING),
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_class_has_a_code_of_its_own(kind: type[exceptions.FrontChannelError]) -> None:
    assert isinstance(kind.code, str)
    assert [other for other in ALL if other.code == kind.code] == [kind]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_pickling(error: exceptions.FrontChannelError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code) == (type(error), str(error), error.code)
    assert vars(again) == vars(error)


def test_errors_of_front_are_reasons() -> None:
    kinds = [kind for kind in ALL if issubclass(kind, exceptions.FrontAPIError)]
    assert len(kinds) > 10
    assert [kind for kind in kinds if Code.named(kind.code) is None] == []


def test_what_front_said_is_kept_apart_from_our_advice() -> None:
    error = MADE[-2]
    assert isinstance(error, exceptions.FrontAPIError)
    assert (error.words, error.advice) == ("Oops: d", "Wait.")
    assert str(error) == "create-call (500): Oops: d Wait."
