"""How Front behaves where a test, or a person, may choose: ``Sandbox.configure``."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite

from django_front_channel.exceptions import InvalidArgument

from .http_messages import Json

# What of it is a fault, and ends with all other faults.
FAULTS = ("latency", "clock_skew", "webhook_before_202", "rate_limit", "resource_limit")


@dataclass(frozen=True)
class Behaviour:
    """``import_delay`` in seconds: from a 202 to what follows from it.

    ``latency`` in seconds of real time: before each API request is carried out. ``clock_skew`` in seconds:
    how far Front's clock is ahead, or, negative, behind.
    ``webhook_before_202``: a message is imported, and its webhook sent, before its POST is answered.
    ``templates``: they are enabled on the channel feature.
    ``download_redirect``: a download is answered with a redirect to a storage.
    ``rate_limit`` in requests per minute of the company, ``resource_limit`` in requests per second of one
    channel, conversation or message; 0: there is none.
    """

    import_delay: float = 0.2
    latency: float = 0
    clock_skew: float = 0
    webhook_before_202: bool = False
    templates: bool = True
    download_redirect: bool = False
    rate_limit: int = 0
    resource_limit: int = 0

    def changed(self, changes: Json) -> Behaviour:
        """With these values instead; None changes nothing. Raises InvalidArgument."""
        given = {name: value for name, value in changes.items() if value is not None}
        for name in ("import_delay", "latency"):
            not_negative(name, given.get(name, 0))
        if not isfinite(given.get("clock_skew", 0)):
            raise InvalidArgument("clock_skew must be a number of seconds.")
        for name in ("rate_limit", "resource_limit"):
            if given.get(name, 0) < 0:
                raise InvalidArgument(f"{name} must be a number of requests, or 0 for no limit.")
        return replace(self, **given)

    def document(self) -> Json:
        """All values by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def not_negative(name: str, seconds: float) -> float:
    """The seconds. Raises InvalidArgument."""
    if not 0 <= seconds < float("inf"):
        raise InvalidArgument(f"{name} must be a number of seconds, not negative.")
    return seconds
