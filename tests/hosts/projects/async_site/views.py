"""Async views that call the services in the documented way."""

from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from django_front_channel import services
from django_front_channel.models import Message
from tests.hosts.projects.desk import tell

View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def open_to_all(view: View) -> View:
    opened: View = csrf_exempt(login_not_required(transaction.non_atomic_requests(view)))
    return opened


@open_to_all
async def customer_writes(request: HttpRequest, external_id: str) -> HttpResponse:
    message = await sync_to_async(tell)(external_id)
    return JsonResponse({"id": message.pk})


@transaction.atomic
def tell_and_fail(external_id: str) -> None:
    tell(external_id)
    assert connection.in_atomic_block
    raise KeyError(external_id)


@open_to_all
async def customer_writes_and_it_fails(request: HttpRequest, external_id: str) -> HttpResponse:
    try:
        await sync_to_async(tell_and_fail)(external_id)
    except KeyError:
        return HttpResponse(status=204)
    return HttpResponse(status=500)


@open_to_all
async def ask_front(request: HttpRequest, external_id: str) -> HttpResponse:
    """A verb that asks Front at once."""
    message = await Message.objects.select_related("channel").aget(external_id=external_id)
    await sync_to_async(services.messages.refresh)(message)
    return JsonResponse({"front_id": message.front_id})
