"""The control of the sandbox, as JSON over HTTP. Each POST calls the Python method of the same name.

    GET  /_sandbox/                   {"status": "ok", "company", "app_uid", "scheduled": number of waiting imports}
    GET  /_sandbox/state              teammates, tags and inboxes; channels with templates and calls;
                                      conversations with messages, drafts, comments, events and labels,
                                      statuses and errors; settings of Front's behaviour, and waiting faults
    GET  /_sandbox/journal?since=N    entries after number N: API requests (kind ``api``) and webhooks
                                      (``webhook``); a null status means not answered yet, or not in time;
                                      ``last=M`` returns the last M at most
    GET  /_sandbox/assumptions        the assumptions about Front

    POST /_sandbox/connect            {"token", "name"?, "address"?, "channel_id"?}
    POST /_sandbox/delete_channel     {"channel_id", "form"?: "json" | "undefined" | "empty"}
    POST /_sandbox/reply              {"conversation_id", "text", "author_id"?, "attachments"?: [file, …]}; a file is
                                      {"filename", "content": base64, "content_type"?}
    POST /_sandbox/compose            {"channel_id", "to": [handle, …], "text", "subject"?, "author_id"?,
                                      "attachments"?}
    POST /_sandbox/autoreply          {"conversation_id", "text"}
    POST /_sandbox/merge              {"conversation_ids": [id, id, …], "survivor"?}
    POST /_sandbox/split              {"conversation_id", "message_ids"}: into a new conversation
    POST /_sandbox/archive            {"conversation_id"}
    POST /_sandbox/trash              {"conversation_id"}
    POST /_sandbox/reopen             {"conversation_id"}
    POST /_sandbox/assign             {"conversation_id", "teammate_id": id or null}
    POST /_sandbox/tag                {"conversation_id", "tag_ids"}: replace its tags
    POST /_sandbox/comment            {"conversation_id", "text"}
    POST /_sandbox/mark_read          {"conversation_id"}
    POST /_sandbox/resend             {"number"}: the webhook of this journal entry, signed anew
    POST /_sandbox/configure          {"import_delay"?: seconds, "latency"?: seconds before each answer,
                                      "clock_skew"?: seconds that Front's clock is ahead,
                                      "imports"?: bool (false makes accepted messages wait),
                                      "webhook_before_202"?: bool, "webhook_time_limit"?: seconds,
                                      "rate_limit"?: requests of the company per
                                      minute, "resource_limit"?: requests of one channel or conversation per
                                      second (0 is no limit), "download_redirect"?: bool,
                                      "templates"?: bool}: change how Front behaves
    POST /_sandbox/assume             {"name", "value"}: change one of the assumptions
    POST /_sandbox/fail_next          {"status", "headers"?, "body"?: text, "count"?}: answer the next API
                                      requests like this, and do not carry them out
    POST /_sandbox/hold               {"seconds"}: carry out the next POST, and answer it this much later
    POST /_sandbox/cut_next           {"carried_out"?: bool, "count"?}: cut the connections of the next API
                                      requests, after they were carried out or before
    POST /_sandbox/disturb_next       {"how": "duplicate" | "reordered" | "wrong_signature", "count"?}: disturb
                                      the next webhooks
    POST /_sandbox/clear_faults       {}: end all faults
    POST /_sandbox/run_due            {}: carry out the imports that are due; {"count"}
    POST /_sandbox/run_until_quiet    {}: carry out all waiting imports, due or not; {"count"}

``merge`` and the verbs from ``split`` to ``comment`` also take ``author_id``, the teammate who acts. The response to a
GET has an ``ETag``. A GET with ``If-None-Match`` is answered 304 while nothing has changed.

A POST takes the arguments as a JSON object, always with the content type application/json. It returns the JSON object
that the method returns; the method's docstring says more. An impossible request is answered 400 with
``{"error": sentence}``. A refused connection or a failed message is not such an error: the result has the text in
``error``.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from django_front_channel.exceptions import InvalidArgument

from .company import Company
from .http_messages import Json, Request, Response, json_response, with_etag
from .journal import ENTRIES
from .snapshot import snapshot

PREFIX = "_sandbox"
LONGEST_NUMBER = 18
VERBS = (
    "connect",
    "delete_channel",
    "reply",
    "compose",
    "autoreply",
    "merge",
    "split",
    "archive",
    "trash",
    "reopen",
    "assign",
    "tag",
    "comment",
    "mark_read",
    "resend",
    "configure",
    "assume",
    "fail_next",
    "hold",
    "cut_next",
    "disturb_next",
    "clear_faults",
    "run_due",
    "run_until_quiet",
)


class Control:
    """Answers the requests under ``/_sandbox/``. ``verbs`` are the methods that a POST calls, by name."""

    def __init__(self, company: Company, verbs: Mapping[str, Callable[..., Any]]) -> None:
        self._company = company
        self._verbs = verbs

    def respond(self, request: Request) -> Response:
        """Return the response to a request."""
        name = "/".join(request.segments[1:])
        try:
            if request.method == "GET" and name in _READS:
                return with_etag(json_response(200, _READS[name](self._company, request)), request)
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
    # A form of any web page can send the other types. Without a body, only the type tells its request from ours.
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
    return {
        "status": "ok",
        "company": company.name,
        "app_uid": company.app.uid,
        "scheduled": len(company.schedule),
    }


def _state(company: Company, _: Request) -> Json:
    return snapshot(company)


def _journal(company: Company, request: Request) -> Json:
    return {"entries": company.journal.since(_number(request, "since", 0), _number(request, "last", ENTRIES))}


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, str(otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER):
        raise InvalidArgument(
            f"{name} must be a number of journal entries.", code="out_of_range", argument=name
        )
    return int(text)


def _assumptions(company: Company, _: Request) -> Json:
    return dict(company.assumptions.document())


_READS: dict[str, Callable[[Company, Request], Json]] = {
    "": _health,
    "state": _state,
    "journal": _journal,
    "assumptions": _assumptions,
}
