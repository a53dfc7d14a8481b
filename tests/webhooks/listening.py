"""Receivers of our signals that take notes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.dispatch import Signal

from django_front_channel import signals

FACTS = [
    name
    for name, value in vars(signals).items()
    if isinstance(value, Signal) and name != "api_request_finished"
]


class Announced(list[tuple[str, dict[str, Any]]]):
    """The signals that were received, in order, each as its name and its arguments."""

    @property
    def names(self) -> list[str]:
        return [name for name, _arguments in self]

    def of(self, wanted: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self if name == wanted]


@contextmanager
def connected(name: str, receiver: Callable[..., None]) -> Iterator[None]:
    signal: Signal = getattr(signals, name)
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)


@contextmanager
def listening(*names: str) -> Iterator[Announced]:
    """Listen to these signals."""
    announced = Announced()

    def receiver_of(name: str) -> Callable[..., None]:
        def receive(signal: Signal, sender: type, **arguments: Any) -> None:
            announced.append((name, arguments))

        return receive

    with ExitStack() as stack:
        for name in names:
            stack.enter_context(connected(name, receiver_of(name)))
        yield announced
