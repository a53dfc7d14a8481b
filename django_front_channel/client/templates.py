"""Operations on the message templates of a provider such as WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, get_args

from django_front_channel.exceptions import InvalidArgument

from . import arguments
from .arguments import optional_bool, validate_id, without_none
from .operations import Request, ResourceGroup, document, operation
from .request_bodies import json_content
from .results import SyncedTemplate

VariableType = Literal["text", "file", "image", "video"]
Approval = Literal["PENDING", "APPROVED", "REJECTED"]


class TemplateVariable(TypedDict):
    """A placeholder in a template.

    * ``uid``: the placeholder itself, such as ``{{1}}``.
    * ``type``: ``text``, ``file``, ``image`` or ``video``.
    * ``name``: the label that a teammate reads.
    """

    uid: str
    type: VariableType
    name: str


VARIABLE_KEYS = ("uid", "type", "name")


class Templates(ResourceGroup):
    """``client.templates``. Templates must be enabled for the channel feature in Front."""

    @operation(
        "sync-application-message-template",
        "PUT",
        "/channels/{channel_id}/application_message_templates",
        status=200,
        reads=document(SyncedTemplate.read),
    )
    def sync(
        self,
        *,
        external_id: str,
        name: str,
        blurb: str,
        is_disabled: bool,
        status_name: Approval,
        variable_mappings: Sequence[TemplateVariable],
        template_preview: str,
    ) -> Request:
        """Create or replace a template of the provider in Front. Returns a ``SyncedTemplate``.

        * ``external_id``: the provider's id, 1 to 200 characters.
        * ``blurb``: a short preview.
        * ``is_disabled``: True hides it from teammates.
        * ``status_name``: whether the provider has approved it.
        * ``variable_mappings``: the placeholders; may be empty.
        * ``template_preview``: HTML with inline styles.

        Front: Channel API, ``sync-application-message-template``;
        https://dev.frontapp.com/docs/application-channel-message-templates
        """
        said = {
            "external_id": validate_id(external_id, "external_id"),
            "name": arguments.text(name, "name"),
            "blurb": arguments.text(blurb, "blurb"),
            "is_disabled": arguments.boolean(is_disabled, "is_disabled"),
            "status_name": arguments.one_of(status_name, get_args(Approval), "status_name"),
            "variable_mappings": _variables(variable_mappings),
            "template_preview": arguments.text(template_preview, "template_preview"),
        }
        return Request(content=json_content(said))

    @operation(
        "update-application-message-template",
        "PATCH",
        "/channels/{channel_id}/application_message_templates/{external_id}",
        status=200,
        reads=document(SyncedTemplate.read),
    )
    def update(
        self,
        external_id: str,
        *,
        name: str | None = None,
        blurb: str | None = None,
        is_disabled: bool | None = None,
        status_name: Approval | None = None,
        variable_mappings: Sequence[TemplateVariable] | None = None,
        template_preview: str | None = None,
    ) -> Request:
        """Change some fields of a template: those that you pass. Returns a ``SyncedTemplate``.

        The arguments are those of ``sync()``. Raises ``FrontNotFoundError`` when the template was never synced.
        Front: Channel API, ``update-application-message-template``.
        """
        said = without_none(
            {
                "name": arguments.optional_text(name, "name"),
                "blurb": arguments.optional_text(blurb, "blurb"),
                "is_disabled": optional_bool(is_disabled, "is_disabled"),
                "status_name": arguments.optional_one_of(status_name, get_args(Approval), "status_name"),
                "variable_mappings": None if variable_mappings is None else _variables(variable_mappings),
                "template_preview": arguments.optional_text(template_preview, "template_preview"),
            }
        )
        return Request(
            content=json_content(arguments.something(said)),
            ids={"external_id": validate_id(external_id, "external_id")},
        )


def _variables(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise InvalidArgument(
            "variable_mappings must be a list, which may be empty.",
            code="wrong_type",
            argument="variable_mappings",
        )
    return [_variable(item, f"variable_mappings[{index}]") for index, item in enumerate(value)]


def _variable(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != set(VARIABLE_KEYS):
        raise InvalidArgument(
            f"{name} must be a mapping with uid, type and name.", code="wrong_type", argument=name
        )
    arguments.one_of(value["type"], get_args(VariableType), f"{name}.type")
    return {key: arguments.text(value[key], f"{name}.{key}") for key in VARIABLE_KEYS}
