"""Secrets that error reports, logs and pickles do not show."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NoReturn


class Secret:
    """A string that ``repr()`` and ``str()`` hide, so that an error report that lists variables does not show it.

    Keep it wrapped in variables and arguments, and call ``reveal()`` only inside an expression. It cannot be pickled.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "<Secret>"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would reveal something about the secret

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A secret cannot be pickled.")

    @classmethod
    def of(cls, value: str | Secret) -> Secret:
        """Return the value as a ``Secret``. Afterwards, delete your variable with the plain value."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """Return the plain value."""
        return self._value

    def mac(self, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of the message, 32 bytes, with this secret as the key."""
        return hmac.digest(self._value.encode(), message, hashlib.sha256)
