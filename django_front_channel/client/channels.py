"""Operations on the channel itself."""

from __future__ import annotations

from typing import Literal, get_args

from . import arguments
from .operations import Request, ResourceGroup, nothing, operation
from .request_bodies import json_content

Status = Literal["ok", "offline"]


class Channels(ResourceGroup):
    """``client.channels``: operations on the client's own channel."""

    @operation("update-channel", "PATCH", "/channels/{channel_id}", status=204, reads=nothing)
    def update(self, *, status: Status) -> Request:
        """Show the channel as working (``ok``) or not (``offline``) in Front. Returns None.

        Front: Channel API, ``update-channel``.
        """
        return Request(content=json_content({"status": arguments.one_of(status, get_args(Status), "status")}))
