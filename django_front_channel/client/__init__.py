"""We call Front: the operations of Front's APIs that the JWT of an application channel may use.

Knows nothing of Django. Importing this package is cheap on purpose: a name of it is loaded when it is first
asked for, so that start-up code may use the light modules such as ``client.arguments`` without ``requests`` and ``jwt``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arguments import Contact
    from .calls import TranscriptLine
    from .client import FrontClient
    from .conversations.results import FrontComment, FrontConversation, FrontEvent, FrontInbox, FrontTeammate
    from .observer import Call, CallObserver, Outcome
    from .results import (
        AcceptedMessage,
        DownloadedAttachment,
        FrontAttachment,
        FrontMessage,
        SeenReceipt,
        SyncedTemplate,
    )
    from .templates import TemplateVariable
    from .uploads import Upload

__all__ = [
    "AcceptedMessage",
    "Call",
    "CallObserver",
    "Contact",
    "DownloadedAttachment",
    "FrontAttachment",
    "FrontClient",
    "FrontComment",
    "FrontConversation",
    "FrontEvent",
    "FrontInbox",
    "FrontMessage",
    "FrontTeammate",
    "Outcome",
    "SeenReceipt",
    "SyncedTemplate",
    "TemplateVariable",
    "TranscriptLine",
    "Upload",
]

_MODULES = {
    "Call": "observer",
    "CallObserver": "observer",
    "Contact": "arguments",
    "FrontClient": "client",
    "FrontComment": "conversations.results",
    "FrontConversation": "conversations.results",
    "FrontEvent": "conversations.results",
    "FrontInbox": "conversations.results",
    "FrontTeammate": "conversations.results",
    "Outcome": "observer",
    "TemplateVariable": "templates",
    "TranscriptLine": "calls",
    "Upload": "uploads",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES.get(name, 'results')}", __name__), name)
