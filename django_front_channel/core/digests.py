"""Digests of secrets, requests and contents. All have the same length, and reveal nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django_front_channel.secret import Secret


def digest(*parts: str | Secret) -> str:
    """Return the SHA-256 of the parts as 64 hexadecimal digits. ``("a", "bc")`` and ``("ab", "c")`` differ."""
    if len(parts) == 1:
        return hashlib.sha256(_text(parts[0]).encode()).hexdigest()
    return hashlib.sha256(json.dumps(list(map(_text, parts))).encode()).hexdigest()


def _text(part: str | Secret) -> str:
    return part.reveal() if isinstance(part, Secret) else part


def content_digest(content: Any) -> str:
    """Return a digest of JSON-like content that does not depend on the order of keys."""
    return digest(json.dumps(content, sort_keys=True, separators=(",", ":")))
