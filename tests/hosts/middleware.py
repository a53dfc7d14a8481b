"""Middleware of hosts that gets in the way."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def read_post(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.POST.get("action")
        return get_response(request)

    return middleware


def read_stream(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.read()
        return get_response(request)

    return middleware


def fail_afterwards(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        get_response(request)
        raise RuntimeError("a mistake of the host, after the view")

    return middleware
