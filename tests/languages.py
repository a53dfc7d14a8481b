"""A sentence in two languages, as a catalogue would have it."""

from __future__ import annotations

import pytest
from django.utils import translation

from django_front_channel.core.reasons import Code


class _Sentence:
    def __init__(self, english: str, german: str) -> None:
        self._english, self._german = english, german

    def __str__(self) -> str:
        return self._german if translation.get_language() == "de" else self._english


def in_german(monkeypatch: pytest.MonkeyPatch, code: Code, german: str) -> None:
    """Let the sentence of this code have a German translation."""
    monkeypatch.setattr(code, "sentence", _Sentence(str(code.sentence), german))
