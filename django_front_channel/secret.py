"""A secret that no error report, log or pickle shows."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NoReturn


class Secret:
    """A text whose repr, str and pickles hide it, so that whoever lists the variables of a frame does not see it.

    Keep it wrapped in variables and arguments, and call ``reveal()`` only inside an expression.
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

    __hash__ = None  # type: ignore[assignment]  # a hash of it tells something, and nothing looks one up

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A secret is not pickled.")

    @classmethod
    def of(cls, value: str | Secret) -> Secret:
        """The secret, wrapped if it is not yet. Delete your own variable of it then."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of the message under the secret."""
        return hmac.digest(self._value.encode(), message, hashlib.sha256)
