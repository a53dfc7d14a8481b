"""The control of the sandbox, as JSON over HTTP. Each POST calls the Python method of the same name.

A POST takes the arguments as a JSON object, always with the content type application/json. It returns the JSON object
that the method returns, or ``{"count": number}``. An impossible request is answered 400 with ``{"error": sentence}``. A
refused connection or a failed message is not such an error: the result has the text in ``error``.

The response to a GET has an ``ETag``. A GET with ``If-None-Match`` is answered 304 while nothing has changed.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from django_front_channel.exceptions import InvalidArgument

from .company import Company
from .fault_verbs import FaultVerbs
from .front_admin import FrontAdmin
from .http_messages import Json, Request, Response, json_response, with_etag
from .journal import ENTRIES
from .snapshot import snapshot
from .teammates import Teammates

PREFIX = "_sandbox"
LONGEST_NUMBER = 18
VERBS = tuple(
    name for group in (FrontAdmin, Teammates, FaultVerbs) for name in vars(group) if not name.startswith("_")
)


class Control:
    """Answers the requests under ``/_sandbox/``. The ``verbs`` are the methods that a POST calls, by name."""

    def __init__(self, company: Company, verbs: Mapping[str, Callable[..., Any]]) -> None:
        self._company = company
        self._verbs = verbs

    def respond(self, request: Request) -> Response:
        """Return the response to a request."""
        name = "/".join(request.segments[1:])
        try:
            if request.method == "GET" and name in READS:
                return with_etag(json_response(200, READS[name](self._company, request)), request)
            if request.method == "POST" and name in self._verbs:
                return json_response(200, _run_verb(self._verbs[name], request))
        except InvalidArgument as error:
            return json_response(400, {"error": str(error)})
        return json_response(404, {"error": f"There is no {request.method} /{PREFIX}/{name}."})


def arguments_for(method: Callable[..., Any], document: Json) -> Json:
    """Return the document if it fits the arguments of ``method``. Raises InvalidArgument with one sentence."""
    parameters = inspect.signature(method).parameters
    hints = get_type_hints(method)
    for name, value in document.items():
        if name not in parameters:
            raise InvalidArgument(
                f"Unknown argument {name}; known are: {', '.join(parameters) or 'none'}.",
                code="unknown",
                argument=name,
            )
        if not fits(value, hints[name]):
            raise InvalidArgument(
                f"The argument {name} must be {inspect.formatannotation(hints[name])}.",
                code="wrong_type",
                argument=name,
            )
    missing = [n for n, p in parameters.items() if p.default is p.empty and n not in document]
    if missing:
        raise InvalidArgument(f"Missing: {', '.join(missing)}.", code="missing", argument=missing[0])
    return document


def fits(value: object, hint: Any) -> bool:
    """Return whether a JSON value has the annotated type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in args)
    if origin is Literal:
        return value in args
    if origin is list:
        return isinstance(value, list) and all(fits(each, args[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(each, args[1]) for each in value.values())
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def _run_verb(method: Callable[..., Any], request: Request) -> Json:
    # A form on any web page can send every content type that forms have. JSON is not one of them.
    if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
        raise InvalidArgument("The content type must be application/json.", code="not_allowed")
    try:
        document = request.json()
    except ValueError as error:
        raise InvalidArgument(f"The body is not a JSON object: {error}.", code="malformed") from None
    arguments = arguments_for(method, document)
    if any("path" in each for each in arguments.get("attachments") or ()):
        raise InvalidArgument(
            "An attachment needs filename and content. Only Python callers may pass a path.",
            code="missing",
            argument="attachments",
        )
    result = method(**arguments)
    return result if isinstance(result, dict) else {"count": result}


def _health(company: Company, _: Request) -> Json:
    """Return ``status``, ``company``, ``app_uid``, and ``scheduled``, the number of waiting imports."""
    return {
        "status": "ok",
        "company": company.name,
        "app_uid": company.app.uid,
        "scheduled": len(company.schedule),
    }


def _state(company: Company, _: Request) -> Json:
    """Return all records of the company, the settings of Front's behaviour, and the waiting faults."""
    return snapshot(company)


def _journal(company: Company, request: Request) -> Json:
    """Return the API requests (``kind`` is ``api``) and the webhooks (``webhook``), with their answers.

    With ``?since=N``, returns only the entries after number N. With ``?last=M``, returns only the newest M. A null
    ``status`` means that no answer has come yet, or that no answer came in time.
    """
    return {"entries": company.journal.since(_number(request, "since", 0), _number(request, "last", ENTRIES))}


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, str(otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER):
        raise InvalidArgument(
            f"{name} must be a number of journal entries.", code="out_of_range", argument=name
        )
    return int(text)


def _assumptions(company: Company, _: Request) -> Json:
    """Return the assumptions about Front."""
    return dict(company.assumptions.document())


READS: dict[str, Callable[[Company, Request], Json]] = {
    "": _health,
    "state": _state,
    "journal": _journal,
    "assumptions": _assumptions,
}
