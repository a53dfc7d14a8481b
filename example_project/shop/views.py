"""The pages of the chat."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from .forms import MessageForm, NameForm
from .front import support_channel, tell_front
from .models import Customer


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The shop's front page: say your name, and chat."""
    form = NameForm(request.POST or None)
    if form.is_valid():
        return redirect(Customer.objects.create(name=form.cleaned_data["name"]))
    return render(request, "shop/start.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest, key: UUID) -> HttpResponse:
    """A customer's chat, and the form to write another message."""
    customer = get_object_or_404(Customer, key=key)
    channel = support_channel()
    form = MessageForm(request.POST or None)
    if channel is not None and form.is_valid():
        tell_front(channel, customer, form.cleaned_data["text"])
        return redirect(customer)
    return render(request, "shop/chat.html", {"channel": channel, "form": form, **_history(customer)})


@require_safe
def history(request: HttpRequest, key: UUID) -> HttpResponse:
    """The lines of the chat alone, which the page asks for again and again."""
    return render(request, "shop/history.html", _history(get_object_or_404(Customer, key=key)))


def _history(customer: Customer) -> dict[str, object]:
    return {"customer": customer, "lines": customer.chat_messages.select_related("front_message")}
