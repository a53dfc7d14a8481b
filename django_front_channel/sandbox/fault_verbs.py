"""The verbs by which a person or a test changes how Front behaves, or asks for faults."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument

from .assumptions import Value
from .behaviour import not_negative
from .company import Company
from .faults import Failure, WebhookFault
from .http_messages import Json, Response, error_response

MOST_FAULTS = 10_000


class FaultVerbs:
    """Every method returns a JSON object, and raises :class:`~django_front_channel.exceptions.InvalidArgument`."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def configure(
        self,
        *,
        import_delay: float | None = None,
        latency: float | None = None,
        clock_skew: float | None = None,
        imports: bool | None = None,
        webhook_before_202: bool | None = None,
        webhook_time_limit: float | None = None,
        templates: bool | None = None,
        download_redirect: bool | None = None,
        rate_limit: int | None = None,
        resource_limit: int | None = None,
    ) -> Json:
        """Change how Front behaves from now on. None changes nothing. Returns all settings.

        With ``imports`` False, what was answered 202 waits until it is True again. The others are those of
        :class:`~django_front_channel.sandbox.behaviour.Behaviour`.
        """
        self._company.behaviour.change(
            {
                "import_delay": import_delay,
                "latency": latency,
                "clock_skew": clock_skew,
                "webhook_before_202": webhook_before_202,
                "webhook_time_limit": webhook_time_limit,
                "templates": templates,
                "download_redirect": download_redirect,
                "rate_limit": rate_limit,
                "resource_limit": resource_limit,
            }
        )
        if imports is not None:
            self._company.schedule.pause(not imports)
        return self._company.describe_behaviour()

    def assume(self, *, name: str, value: Value) -> Json:
        """Change one of the :class:`~django_front_channel.sandbox.assumptions.Assumptions` from now on.

        Returns its ``value``, ``statement``, ``otherwise`` and ``source``.
        """
        self._company.assumptions.change(name, value)
        return self._company.assumptions.document()[name]

    def fail_next(
        self, *, status: int, headers: dict[str, str] | None = None, body: str | None = None, count: int = 1
    ) -> Json:
        """Answer the next ``count`` API requests with this ``status``, and carry none of them out.

        Without ``body``, the response is Front's error object for the status. Returns ``count``.
        """
        if not 200 <= status <= 599:
            raise InvalidArgument(
                "The status must be between 200 and 599.", code="out_of_range", argument="status"
            )
        _check_count(count)
        if any(not f"{name}{text}".isprintable() for name, text in (headers or {}).items()):
            raise InvalidArgument("Headers must be printable text.", code="malformed", argument="headers")
        standard = error_response(status, "A fault of the sandbox")
        content = standard.body if body is None else body.encode()
        failure = Failure(Response(status, content, {**standard.headers, **(headers or {})}))
        self._company.faults.fail(failure, count)
        return {"count": count}

    def hold(self, *, seconds: float) -> Json:
        """Carry out the next POST of the API, but answer it ``seconds`` of real time later.

        Its journal entry is visible meanwhile. Returns ``seconds``.
        """
        self._company.faults.hold(not_negative("seconds", seconds))
        return {"seconds": seconds}

    def cut_next(self, *, carried_out: bool = True, count: int = 1) -> Json:
        """Cut the connections of the next ``count`` API requests instead of answering.

        With ``carried_out``, Front does first what they ask for, and only Front knows. Where there is no socket,
        ``ConnectionAbortedError`` is raised. Returns ``count``.
        """
        _check_count(count)
        self._company.faults.fail(Failure(None, carried_out), count)
        return {"count": count}

    def disturb_next(self, *, how: WebhookFault, count: int = 1) -> Json:
        """Make something happen to the next ``count`` webhooks.

        ``duplicate``: the webhook is sent twice. ``wrong_signature``: it is signed with another secret. ``reordered``:
        a ``message_imported`` waits until the next one has been sent. Returns ``count``.
        """
        _check_count(count)
        self._company.faults.disturb(how, count)
        return {"count": count}

    def resend(self, *, number: int) -> Json:
        """Send the webhook of a journal entry again: the same body with a fresh timestamp and signature.

        Returns the new entry's ``number`` and the answer's ``status``; the company's state does not change.
        """
        answer = self._company.webhooks.resend(number)
        return {"number": answer.number, "status": answer.status}

    def clear_faults(self) -> Json:
        """Forget all faults, send the webhooks that are held back, and reset the settings that are faults.

        Returns what ``configure`` does.
        """
        self._company.faults.clear()
        self._company.behaviour.clear_faults()
        self._company.webhooks.send_held()
        return self.configure(imports=True)


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_FAULTS:
        raise InvalidArgument(
            f"The count must be between 1 and {MOST_FAULTS}.", code="out_of_range", argument="count"
        )
