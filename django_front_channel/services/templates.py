"""Templates of a provider, such as those of WhatsApp, for teammates to choose from in Front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from django_front_channel.models import Channel
from django_front_channel.models.outbox import Topic
from django_front_channel.services.verbs import Lane, Request, verb

if TYPE_CHECKING:
    from django_front_channel.client import SyncedTemplate, TemplateVariable

LANE = Lane(Topic.TEMPLATE, "external_id")


class Template(TypedDict):
    """What a template is.

    ``name``               to choose it by
    ``blurb``              a short preview
    ``is_disabled``        keeps it from being used
    ``status_name``        what the provider thinks of it: PENDING, APPROVED or REJECTED
    ``variable_mappings``  its places to fill in, each with ``uid``, ``type`` and ``name``; may be empty
    ``template_preview``   HTML with in-line styles
    """

    name: str
    blurb: str
    is_disabled: bool
    status_name: Literal["PENDING", "APPROVED", "REJECTED"]
    variable_mappings: Sequence[TemplateVariable]
    template_preview: str


class TemplateChanges(TypedDict, total=False):
    """What of a ``Template`` is to be changed."""

    name: str
    blurb: str
    is_disabled: bool
    status_name: Literal["PENDING", "APPROVED", "REJECTED"]
    variable_mappings: Sequence[TemplateVariable]
    template_preview: str


@verb("sync-application-message-template", lane=LANE, is_for_desk=False)
def sync(channel: Channel, *, external_id: str, **template: Unpack[Template]) -> Request[SyncedTemplate]:
    """Bring a template to Front, or replace it. Returns Front's id of it.

    ``external_id``  the provider's id, 1 to 200 characters
    ``template``     all of ``Template``

    Raises ``InvalidArgument``, ``ChannelUnavailable``, ``FrontBadRequestError`` where templates are not enabled for
    the channel feature, or another ``FrontAPIError``. Source: Channel API, "Sync application message template".
    """
    return Request(external_id=external_id, **template)


@verb("update-application-message-template", lane=LANE, is_for_desk=False)
def update(
    channel: Channel, *, external_id: str, **changes: Unpack[TemplateChanges]
) -> Request[SyncedTemplate]:
    """Change some of a template that Front has. Returns Front's id of it.

    ``external_id``  the provider's id, 1 to 200 characters
    ``changes``      at least one of ``TemplateChanges``

    Raises as ``sync``, and ``FrontNotFoundError`` for a template that was never synced.
    Source: Channel API, "Update application message template".
    """
    return Request(external_id=external_id, **changes)
