"""A phone on a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import network
from .forms import TextForm
from .models import Phone


@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, number: str) -> HttpResponse:
    """Show a phone's texts, and the form for another."""
    shown = get_object_or_404(Phone, number=number)
    form = TextForm(request.POST or None)
    if form.is_valid():
        network.write(shown, form.cleaned_data["body"])
        return redirect(shown)
    return render(request, "phone/phone.html", {"phone": shown, "form": form})


@require_safe
def texts(request: HttpRequest, number: str) -> HttpResponse:
    """Return only the texts, which the page requests repeatedly."""
    return render(request, "phone/texts.html", {"phone": get_object_or_404(Phone, number=number)})


@require_POST
def switch(request: HttpRequest, number: str) -> HttpResponse:
    """Switch the phone off, or on again."""
    shown = get_object_or_404(Phone, number=number)
    shown.is_on = not shown.is_on
    shown.save(update_fields=["is_on"])
    return redirect(shown)
