"""Message templates of a provider, such as WhatsApp, which teammates choose from in Front."""

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
    """A template.

    ``name``               the name that teammates choose it by
    ``blurb``              a short preview
    ``is_disabled``        whether teammates cannot use it now
    ``status_name``        the provider's decision: PENDING, APPROVED or REJECTED
    ``variable_mappings``  the variables, each with ``uid``, ``type`` and ``name``; may be empty
    ``template_preview``   a preview as HTML with inline styles
    """

    name: str
    blurb: str
    is_disabled: bool
    status_name: Literal["PENDING", "APPROVED", "REJECTED"]
    variable_mappings: Sequence[TemplateVariable]
    template_preview: str


class TemplateChanges(TypedDict, total=False):
    """The fields of a ``Template`` to change."""

    name: str
    blurb: str
    is_disabled: bool
    status_name: Literal["PENDING", "APPROVED", "REJECTED"]
    variable_mappings: Sequence[TemplateVariable]
    template_preview: str


@verb("sync-application-message-template", lane=LANE, is_for_desk=False)
def sync(channel: Channel, *, external_id: str, **template: Unpack[Template]) -> Request[SyncedTemplate]:
    """Create a template in Front, or replace it. Returns Front's id of the template.

    ``external_id``  the provider's id of the template, 1 to 200 characters
    ``template``     all fields of ``Template``

    Raises ``InvalidArgument``, ``ChannelUnavailable``, ``FrontBadRequestError`` if templates are not enabled for the
    channel feature, or another ``FrontAPIError``. Source: Channel API, "Sync application message template".
    """
    return Request(external_id=external_id, **template)


@verb("update-application-message-template", lane=LANE, is_for_desk=False)
def update(
    channel: Channel, *, external_id: str, **changes: Unpack[TemplateChanges]
) -> Request[SyncedTemplate]:
    """Change fields of a template in Front. Returns Front's id of the template.

    ``external_id``  the provider's id of the template, 1 to 200 characters
    ``changes``      at least one field of ``TemplateChanges``

    Raises as ``sync``, and ``FrontNotFoundError`` for a template that was never synced.
    Source: Channel API, "Update application message template".
    """
    return Request(external_id=external_id, **changes)
