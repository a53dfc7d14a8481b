"""The pages of the chat."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Attachment
from example_project.phone.models import Phone

from . import chat
from .forms import MessageForm, NameForm
from .models import Customer

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Show where to go, and let new customers in. Only the demo shows the other customers."""
    form = NameForm(request.POST or None)
    if form.is_valid():
        return redirect(Customer.objects.create(name=form.cleaned_data["name"]))
    demo = settings.SHOP_IS_DEMO
    places = {
        "customers": Customer.objects.order_by("pk") if demo else (),
        "phones": Phone.objects.all() if demo else (),
        "front_inbox": settings.SHOP_FRONT_INBOX,
    }
    return render(request, "shop/start.html", {"form": form, **places})


@require_http_methods(["GET", "HEAD", "POST"])
def chat_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show a customer's chat, and the form for another message."""
    customer = get_object_or_404(Customer, key=key)
    channel = chat.find_channel()
    form = MessageForm(request.POST or None, request.FILES or None)
    if channel is not None and form.is_valid():
        files = [form.cleaned_data["file"]] if form.cleaned_data["file"] else []
        try:
            chat.receive(channel, customer, form.cleaned_data["text"], files)
        except InvalidArgument as error:  # the files are too large for Front
            form.add_error("file", str(error))
        else:
            return redirect(customer)
    return render(request, "shop/chat.html", {"channel": channel, "form": form, **_history(customer)})


@require_safe
def history(request: HttpRequest, key: UUID) -> HttpResponse:
    """Return only the lines of the chat, which the page requests repeatedly."""
    return render(request, "shop/history.html", _history(get_object_or_404(Customer, key=key)))


@require_safe
def attachment(request: HttpRequest, key: UUID, pk: int) -> FileResponse:
    """Return a file of the chat. Browsers show pictures, and save any other file without opening it."""
    of_customer = Attachment.objects.filter(message__chat_messages__customer__key=key)
    file = get_object_or_404(of_customer.exclude(name=""), pk=pk)
    is_picture = file.content_type in PICTURES
    return FileResponse(
        file.open(),
        as_attachment=not is_picture,
        filename=file.filename,
        content_type=file.content_type if is_picture else "application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _history(customer: Customer) -> dict[str, object]:
    lines = customer.chat_messages.select_related("front_message").prefetch_related(
        "front_message__attachments"
    )
    return {"customer": customer, "lines": lines, "pictures": PICTURES}
