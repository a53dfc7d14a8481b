"""Basic auth in front of all pages but the webhooks, whose Authorization header is Front's."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

OPEN = ("/front/", "/customers/", "/states/")


def basic_auth(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(OPEN):
            return HttpResponse("Who are you?", status=401, headers={"WWW-Authenticate": "Basic"})
        return get_response(request)

    return middleware
