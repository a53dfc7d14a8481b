"""The verbs by which a person or a test changes how Front behaves, asks for faults, or carries out imports."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument

from .assumptions import Value
from .behaviour import not_negative
from .faults import Failure, WebhookFault
from .http_messages import Json, Response, error_response
from .verb_group import VerbGroup

MOST_FAULTS = 10_000


class FaultVerbs(VerbGroup):
    """The verbs for settings, faults and imports.

    Each verb returns a JSON object, or a number that the control wraps as ``{"count": number}``. Raises
    :class:`~django_front_channel.exceptions.InvalidArgument`.
    """

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
        """Change how Front behaves from now on. A setting that is None stays as it is. Returns all settings.

        While ``imports`` is False, messages that were answered 202 wait for their import. The other settings are those
        of :class:`~django_front_channel.sandbox.behaviour.Behaviour`.
        """
        self.company.behaviour.change(
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
            self.company.schedule.pause(not imports)
        return self.company.describe_behaviour()

    def assume(self, *, name: str, value: Value) -> Json:
        """Change one of the :class:`~django_front_channel.sandbox.assumptions.Assumptions` from now on.

        Returns its ``value``, ``statement``, ``otherwise`` and ``source``.
        """
        self.company.assumptions.change(name, value)
        return self.company.assumptions.document()[name]

    def fail_next(
        self, *, status: int, headers: dict[str, str] | None = None, body: str | None = None, count: int = 1
    ) -> Json:
        """Answer the next ``count`` API requests with ``status``, without carrying them out.

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
        self.company.faults.fail(failure, count)
        return {"count": count}

    def hold(self, *, seconds: float) -> Json:
        """Carry out the next POST of the API, but answer it ``seconds`` of real time later.

        The journal shows its entry in the meantime. Returns ``seconds``.
        """
        self.company.faults.hold(not_negative("seconds", seconds))
        return {"seconds": seconds}

    def cut_next(self, *, carried_out: bool = True, count: int = 1) -> Json:
        """Cut the connections of the next ``count`` API requests instead of answering.

        With ``carried_out``, Front carries out each request before it cuts the connection. A sandbox without
        a socket raises ``ConnectionAbortedError``. Returns ``count``.
        """
        _check_count(count)
        self.company.faults.fail(Failure(None, carried_out), count)
        return {"count": count}

    def disturb_next(self, *, how: WebhookFault, count: int = 1) -> Json:
        """Disturb the next ``count`` webhooks.

        The argument ``how`` is one of:

        * ``duplicate``: send the webhook twice
        * ``wrong_signature``: sign it with another secret
        * ``reordered``: send a ``message_imported`` only after the next one

        Returns ``count``.
        """
        _check_count(count)
        self.company.faults.disturb(how, count)
        return {"count": count}

    def resend(self, *, number: int) -> Json:
        """Send the webhook of a journal entry again: the same body with a new timestamp and signature.

        Returns the new entry's ``number`` and the answer's ``status``. The company's state does not change.
        """
        answer = self.company.webhooks.resend(number)
        return {"number": answer.number, "status": answer.status}

    def clear_faults(self) -> Json:
        """Forget all faults, reset the settings that are faults, and send the webhooks that were held back.

        Returns what ``configure`` returns.
        """
        self.company.faults.clear()
        self.company.behaviour.clear_faults()
        self.company.webhooks.send_held()
        return self.configure(imports=True)

    def run_due(self) -> int:
        """Carry out the imports that are due. Returns how many there were."""
        return self.company.schedule.run_due()

    def run_until_quiet(self) -> int:
        """Carry out all waiting imports, due or not, and those that follow. Returns how many there were."""
        return self.company.schedule.run_all()


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_FAULTS:
        raise InvalidArgument(
            f"The count must be between 1 and {MOST_FAULTS}.", code="out_of_range", argument="count"
        )
