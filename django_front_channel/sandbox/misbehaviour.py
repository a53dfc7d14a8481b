"""How Front behaves, and how it is made to misbehave."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument

from .assumptions import Value
from .behaviour import FAULTS, Behaviour, not_negative
from .faults import Failure, WebhookFault
from .http_messages import Json, Response, error_response
from .people import People

MOST_FAULTS = 10_000


class Misbehaving(People):
    """Every method returns a JSON object, and raises
    :class:`~django_front_channel.exceptions.InvalidArgument`."""

    def configure(
        self,
        *,
        import_delay: float | None = None,
        latency: float | None = None,
        clock_skew: float | None = None,
        imports: bool | None = None,
        webhook_before_202: bool | None = None,
        templates: bool | None = None,
        download_redirect: bool | None = None,
        rate_limit: int | None = None,
        resource_limit: int | None = None,
    ) -> Json:
        """Change how Front behaves from now on; what is None stays as it is. Returns all settings.

        ``imports`` False: what was answered 202 waits until it is True again. The others are those of
        :class:`~django_front_channel.sandbox.behaviour.Behaviour`.
        """
        self.behaviour = self.behaviour.changed(
            {
                "import_delay": import_delay,
                "latency": latency,
                "clock_skew": clock_skew,
                "webhook_before_202": webhook_before_202,
                "templates": templates,
                "download_redirect": download_redirect,
                "rate_limit": rate_limit,
                "resource_limit": resource_limit,
            }
        )
        if imports is not None:
            self.schedule.pause(not imports)
        return {"imports": not self.schedule.paused, **self.behaviour.document()}

    def assume(self, *, name: str, value: Value) -> Json:
        """Assume something else about Front from now on; see
        :class:`~django_front_channel.sandbox.assumptions.Assumptions`. Returns the ``value``, with the
        ``statement``, what is ``otherwise``, and the ``source``."""
        self.assumptions.change(name, value)
        return self.assumptions.document()[name]

    def fail_next(
        self, *, status: int, headers: dict[str, str] | None = None, body: str | None = None, count: int = 1
    ) -> Json:
        """Response the next ``count`` API requests like this, and carry none of them out.

        Without ``body``, the answer is Front's error object for the status. Returns ``count``.
        """
        if not 200 <= status <= 599:
            raise InvalidArgument("The status must be between 200 and 599.")
        self._check_count(count)
        if any(not f"{name}{text}".isprintable() for name, text in (headers or {}).items()):
            raise InvalidArgument("Headers must be printable text.")
        standard = error_response(status, "A fault of the sandbox")
        content = standard.body if body is None else body.encode()
        self.faults.fail(Failure(Response(status, content, {**standard.headers, **(headers or {})})), count)
        return {"count": count}

    def hold(self, *, seconds: float) -> Json:
        """Carry the next POST of the API out, but answer it ``seconds`` of real time later.

        Its journal entry is visible meanwhile. Returns ``seconds``.
        """
        self.faults.hold(not_negative("seconds", seconds))
        return {"seconds": seconds}

    def cut_next(self, *, carried_out: bool = True, count: int = 1) -> Json:
        """Cut the connections of the next ``count`` API requests, instead of answering.

        ``carried_out``: after what they asked for was done, so that nobody knows but Front; else before.
        Where there is no socket, ``ConnectionAbortedError`` is raised. Returns ``count``.
        """
        self._check_count(count)
        self.faults.fail(Failure(None, carried_out), count)
        return {"count": count}

    def disturb_next(self, *, how: WebhookFault, count: int = 1) -> Json:
        """Let something happen to the next ``count`` webhooks.

        ``duplicate``: it is sent twice. ``wrong_signature``: it is signed with another secret. ``reordered``:
        a ``message_imported`` waits until the one after it was sent. Returns ``count``.
        """
        self._check_count(count)
        self.faults.disturb(how, count)
        return {"count": count}

    def clear_faults(self) -> Json:
        """Forget all faults, send what is held back, and behave again where that is configured. Returns what
        ``configure`` does."""
        self.faults.clear()
        self.behaviour = self.behaviour.changed({name: getattr(Behaviour, name) for name in FAULTS})
        self.webhooks.send_held()
        return self.configure(imports=True)

    def waiting_faults(self) -> Json:
        """The faults that wait for a request or a webhook, and how many webhooks are ``held_back``."""
        return {**self.faults.document(), "held_back": self.webhooks.held_back}

    def _check_count(self, count: int) -> None:
        if not 1 <= count <= MOST_FAULTS:
            raise InvalidArgument(f"The count must be between 1 and {MOST_FAULTS}.")
