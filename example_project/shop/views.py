"""The pages of the chat."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from example_project.phone.models import Phone

from . import chat
from .forms import MessageForm, NameForm
from .models import Customer


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """A map of what there is to see, and the door for new customers."""
    form = NameForm(request.POST or None)
    if form.is_valid():
        return redirect(Customer.objects.create(name=form.cleaned_data["name"]))
    places = {
        "customers": Customer.objects.order_by("pk"),
        "phones": Phone.objects.all(),
        "front_inbox": settings.SHOP_FRONT_INBOX,
    }
    return render(request, "shop/start.html", {"form": form, **places})


@require_http_methods(["GET", "HEAD", "POST"])
def chat_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """A customer's chat, and the form to write another message."""
    customer = get_object_or_404(Customer, key=key)
    channel = chat.find_channel()
    form = MessageForm(request.POST or None)
    if channel is not None and form.is_valid():
        chat.receive(channel, customer, form.cleaned_data["text"])
        return redirect(customer)
    return render(request, "shop/chat.html", {"channel": channel, "form": form, **_history(customer)})


@require_safe
def history(request: HttpRequest, key: UUID) -> HttpResponse:
    """The lines of the chat alone, which the page asks for again and again."""
    return render(request, "shop/history.html", _history(get_object_or_404(Customer, key=key)))


def _history(customer: Customer) -> dict[str, object]:
    return {"customer": customer, "lines": customer.chat_messages.select_related("front_message")}
