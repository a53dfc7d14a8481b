"""Application message templates.

Source: https://dev.frontapp.com/docs/application-channel-message-templates
"""

from __future__ import annotations

from dataclasses import fields, replace

from django_front_channel.sandbox.body_rules import TEMPLATE, TEMPLATE_EDIT
from django_front_channel.sandbox.http_messages import ApiError, Response, json_response, not_found
from django_front_channel.sandbox.records import Template

from .call import ApiCall, given

_PROPERTIES = tuple(each.name for each in fields(Template) if each.name != "id")


def sync_application_message_template(call: ApiCall) -> Response:
    """Create or replace a template (assumption template_upsert)."""
    _check_enabled(call)
    body = call.body(TEMPLATE)
    known = call.channel.templates.get(body["external_id"])
    if known and not call.assumptions.template_upsert:
        raise ApiError(409, "The template exists already")
    number = known.id if known else 1 + sum(len(each.templates) for each in call.state.channels.values())
    return _keep(call, Template(number, **given(body, *_PROPERTIES)))


def update_application_message_template(call: ApiCall) -> Response:
    _check_enabled(call)
    body = call.body(TEMPLATE_EDIT)
    known = call.channel.templates.get(call.ids["external_id"])
    if known is None:
        raise not_found()
    return _keep(call, replace(known, **{**given(body, *_PROPERTIES), "external_id": known.external_id}))


def _keep(call: ApiCall, template: Template) -> Response:
    call.channel.templates[template.external_id] = template
    return json_response(200, {"template_id": template.id})


def _check_enabled(call: ApiCall) -> None:
    if not call.front.behaviour.templates:
        raise ApiError(400, "Message templates are not enabled for this channel")
