"""The client for Front: every operation of Front's APIs that the JWT of an application channel may use.

This package does not use Django. Importing it is cheap on purpose: each name is loaded when it is first used, so
start-up code may import light modules such as ``client.arguments`` without loading ``requests`` and ``jwt``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arguments import Contact
    from .calls import CallStatus, TranscriptLine
    from .front_client import FrontClient
    from .observer import ApiRequest, Outcome, RequestObserver
    from .request_bodies import Upload
    from .results import (
        AcceptedMessage,
        DownloadedAttachment,
        FrontAttachment,
        FrontComment,
        FrontConversation,
        FrontEvent,
        FrontInbox,
        FrontMessage,
        FrontTeammate,
        SeenReceipt,
        SyncedTemplate,
    )
    from .templates import TemplateVariable

__all__ = [
    "AcceptedMessage",
    "ApiRequest",
    "CallStatus",
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
    "RequestObserver",
    "SeenReceipt",
    "SyncedTemplate",
    "TemplateVariable",
    "TranscriptLine",
    "Upload",
]

# The module that defines each name. Names that are missing here are defined in results.
_MODULES = {
    "ApiRequest": "observer",
    "CallStatus": "calls",
    "Contact": "arguments",
    "FrontClient": "front_client",
    "Outcome": "observer",
    "RequestObserver": "observer",
    "TemplateVariable": "templates",
    "TranscriptLine": "calls",
    "Upload": "request_bodies",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES.get(name, 'results')}", __name__), name)
