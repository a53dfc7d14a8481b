"""The settings of Front's behaviour, which last until somebody changes them.

Faults that happen a number of times are in :mod:`django_front_channel.sandbox.faults`. The verbs that change settings
and faults are in :mod:`django_front_channel.sandbox.fault_verbs`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from django_front_channel.exceptions import InvalidArgument

from .faults import FAULT_SETTINGS
from .http_messages import Json


@dataclass
class Behaviour:
    """The current settings.

    * ``import_delay``: seconds from a 202 to the import of the message
    * ``latency``: seconds of real time before each API request is carried out
    * ``clock_skew``: seconds that Front's clock is ahead; a negative number puts it behind
    * ``webhook_before_202``: import a message and send its webhook before its POST is answered
    * ``webhook_time_limit``: seconds of real time that Front waits for the answer to a webhook
    * ``templates``: whether message templates are enabled for the channel feature
    * ``download_redirect``: answer a download with a redirect to a storage
    * ``rate_limit``: requests of the company per minute; 0 is no limit
    * ``resource_limit``: requests of one channel, conversation or message per second; 0 is no limit
    """

    import_delay: float = 0.2
    latency: float = 0
    clock_skew: float = 0
    webhook_before_202: bool = False
    # https://github.com/xdmnl/api-documentation, Front's documentation of 2019/20
    webhook_time_limit: float = 7
    templates: bool = True
    download_redirect: bool = False
    rate_limit: int = 0
    resource_limit: int = 0

    def change(self, changes: Json) -> None:
        """Change these settings. None keeps a setting as it is. Raises InvalidArgument before it changes anything."""
        given = {name: value for name, value in changes.items() if value is not None}
        for name in ("import_delay", "latency", "webhook_time_limit"):
            not_negative(name, given.get(name, 0))
        if given.get("webhook_time_limit") == 0:
            raise InvalidArgument(
                "webhook_time_limit must be more than 0 seconds.",
                code="out_of_range",
                argument="webhook_time_limit",
            )
        if not isfinite(given.get("clock_skew", 0)):
            raise InvalidArgument(
                "clock_skew must be a number of seconds.", code="out_of_range", argument="clock_skew"
            )
        for name in ("rate_limit", "resource_limit"):
            if given.get(name, 0) < 0:
                raise InvalidArgument(
                    f"{name} must be a number of requests, or 0 for no limit.",
                    code="out_of_range",
                    argument=name,
                )
        for name, value in given.items():
            setattr(self, name, value)

    def clear_faults(self) -> None:
        """Set each setting that is a fault back to its default."""
        self.change({name: getattr(Behaviour, name) for name in FAULT_SETTINGS})

    def document(self) -> Json:
        """Return the value of each setting by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def not_negative(name: str, seconds: float) -> float:
    """Return ``seconds``. Raises InvalidArgument if they are negative or not finite."""
    if not 0 <= seconds < float("inf"):
        raise InvalidArgument(
            f"{name} must be a number of seconds, not negative.", code="out_of_range", argument=name
        )
    return seconds
