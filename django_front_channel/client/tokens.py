"""The JWT that a channel shows to Front."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import jwt

from django_front_channel.exceptions import InvalidArgument

from .arguments import text_problem


class Secret:
    """An App secret that no repr shows, and so no crash report that lists the variables of each frame."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "<Secret>"

    def check(self, name: str) -> None:
        """Raise ``InvalidArgument``, which calls it ``name``, for what cannot be a secret."""
        if problem := text_problem(self._value):
            raise InvalidArgument(f"{name} {problem}")

    def sign(self, claims: dict[str, object]) -> str:
        """Return the JWT with these ``claims``."""
        return jwt.encode(claims, self._value, algorithm="HS256", sort_headers=False)


class Signer:
    """Signs requests for one channel.

    A JWT is made when its request is, never kept: one that waited in a queue would be refused as expired.
    Front: https://dev.frontapp.com/docs/creating-a-partner-channel
    """

    def __init__(
        self,
        app_uid: str,
        app_secret: Secret,
        channel_id: str,
        lifetime: int,
        *,
        clock: Callable[[], float] = time.time,
        new_jti: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._app_uid = app_uid
        self._app_secret = app_secret
        self._channel_id = channel_id
        self._lifetime = lifetime
        self._clock = clock
        self._new_jti = new_jti

    def __repr__(self) -> str:
        return f"<Signer of {self._channel_id}>"

    def token(self) -> str:
        """Return a new JWT that expires ``lifetime`` seconds from now."""
        claims: dict[str, object] = {
            "iss": self._app_uid,
            "jti": self._new_jti(),
            "sub": self._channel_id,
            "exp": int(self._clock()) + self._lifetime,
        }
        return self._app_secret.sign(claims)
