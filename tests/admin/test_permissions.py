"""People who may only look cannot act, whatever they post; and looking changes nothing."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.db.models import Model
from django.test import Client

from django_front_channel.models import Attachment, Channel, Conversation, Message, OutboxAttempt
from django_front_channel.services.verbs import verbs_about
from tests.admin.conftest import MODELS, Person, from_front, of_name, page, rows_of_every_kind, staff

OPERATIONS = {
    "channel": ("hold", "release", "set_status", "rotate_token", "adopt", "disconnect"),
    "conversation": tuple(verb.slug for verb in verbs_about(Conversation)),
    "message": ("retry", "refresh", "cancel", "report_failure"),
    "outboxentry": ("retry",),
    "outboxlane": ("retry",),
    "webhookevent": ("process_again",),
}
with_operations = pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model in MODELS for name in OPERATIONS.get(of_name(model), ())],
    ids=lambda value: value if isinstance(value, str) else of_name(value),
)


def everything() -> str:
    """All rows, as text that changes when any of them does."""
    models: tuple[Any, ...] = (*MODELS, Attachment, OutboxAttempt, LogEntry)
    return "".join(serializers.serialize("json", model.objects.order_by("pk")) for model in models)


@with_operations
def test_an_operator_is_offered_each_operation(boss: Person, channel: Channel, model: type[Model], name: str):
    row = rows_of_every_kind(channel)[model]

    assert f'<option value="{name}">' in boss.open(model).content.decode()
    assert f'name="action" value="{name}"' in boss.open(model, row).content.decode()


@pytest.mark.fault("F135")
@with_operations
def test_a_viewer_sees_and_can_do_none(viewer: Person, channel: Channel, model: type[Model], name: str):
    row = rows_of_every_kind(channel)[model]
    before = everything()

    assert f'<option value="{name}">' not in viewer.open(model).content.decode()
    assert f'value="{name}"' not in viewer.open(model, row).content.decode()
    viewer.operate(name, row, confirmed="1", detail="forged")
    assert everything() == before


@pytest.mark.parametrize("model", MODELS, ids=of_name)
def test_a_viewer_reads_every_page(viewer: Person, channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]

    assert viewer.open(model).status_code == 200
    assert viewer.open(model, row).status_code == 200
    assert viewer.client.post(page(model, "change", row.pk), {"name": "forged"}).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=of_name)
def test_without_permission_there_is_no_page(channel: Channel, model: type[Model]):
    row = rows_of_every_kind(channel)[model]
    others = staff(*(f"view_{of_name(other)}" for other in MODELS if other is not model))

    assert others.open(model).status_code == 403
    assert others.open(model, row).status_code == 403
    assert Client().get(page(model, "change", row.pk)).status_code == 302


def test_the_change_permission_of_the_model_is_what_it_takes(channel: Channel):
    message = from_front(channel)
    operator = staff("change_message")

    operator.operate("report_failure", message, confirmed="1", detail="No such number")

    assert Message.objects.get().state == Message.State.FAILED


@pytest.mark.fault("F136")
@with_operations
def test_a_get_changes_nothing(boss: Person, channel: Channel, model: type[Model], name: str):
    row = rows_of_every_kind(channel)[model]
    before = everything()

    boss.open(model, action=name, _selected_action=str(row.pk), confirmed="1", detail="x")
    boss.open(model, row, action=name, confirmed="1")

    assert everything() == before


@pytest.mark.fault("F137")
@pytest.mark.parametrize(
    "named", ["//evil.example", "https://evil.example/", "\\\\evil.example", "/\t/evil.example"]
)
def test_no_operation_leads_elsewhere(boss: Person, channel: Channel, named: str):
    boss.client.raise_request_exception = False  # a number was expected
    posted = {"action": "hold", "_selected_action": [named, channel.pk, named], "stay": "1", "confirmed": "1"}
    for path in (page(Channel, "changelist"), f"{page(Channel, 'changelist')}?next={named}"):
        response = boss.client.post(path, {**posted, "next": named})
        assert response.headers.get("Location", "/admin/").startswith("/admin/")


@pytest.mark.fault("F136")
def test_an_operation_needs_the_csrf_token(boss: Person, channel: Channel):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(boss.user)

    response = strict.post(page(Channel, "changelist"), {"action": "hold", "_selected_action": channel.pk})

    assert response.status_code == 403
    assert not Channel.objects.get().is_held
