"""A Front in the same process and the people in it: what the fixture ``front`` and ``FrontMixin`` give."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.files import File

from django_front_channel import services, signals
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.gateway import forget_pauses, network_replaced
from django_front_channel.handlers import handler_for
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.outbox.announcements import announce_now
from django_front_channel.sandbox.records import TEAMMATES
from django_front_channel.testing.inbox import Exchange, InboxConversation, InboxMessage
from django_front_channel.testing.sandboxes import AnyConversation, Sandboxes
from django_front_channel.testing.stand_ins import StoryClock
from django_front_channel.worker.loop import Worker

if TYPE_CHECKING:
    from django_front_channel.sandbox import Sandbox

STEPS = 1000
SHOWN = 6


@contextmanager
def in_process() -> Iterator[Front]:
    """Replace the network with a new Front that has a clock of its own, until the block ends."""
    front = Front()
    forget_pauses()
    with clock.replaced(front.clock, signatures=True), network_replaced(front.sandboxes.adapter_for):
        yield front
    forget_pauses()


class Front:
    """Front, and the teammates and admins who work in it, for one test.

    Time stands still, except for ``clock.advance()``. As in production, your code and the people in Front only leave
    work behind; ``run()`` does it. The default ``app`` is ``default``, or the only one in ``FRONT_CHANNEL_APPS``.

    A ``conversation`` is a row, any message in it (a row, or as the inbox shows it), or an id: Front's (``cnv_…``) or
    yours. ``attachments`` are Django files, such as ``ContentFile(b"…", name="label.png")``.
    """

    def __init__(self) -> None:
        self.clock = StoryClock()
        self._running = Running()
        self.sandboxes = Sandboxes(self.clock, self._running)

    def connect(
        self, *, name: str = "Support", address: str = "", app: str | None = None, token: str | None = None
    ) -> Channel:
        """An admin adds a channel in Front. Returns the connected channel.

        It is created first, unless you give a ``token``: one of ``services.channels.create()``, or one that your
        handler's ``authorize()`` knows. Raises ``AssertionError`` with what the admin reads if the channel is refused.
        """
        app = self.sandboxes.alias(app)
        sandbox = self.sandboxes.sandbox(app)
        handler_for(app)  # raises if the handler cannot be imported; the app would only log it
        token = token or services.channels.create(app, name=name, address=address).token
        told = sandbox.connect(token=token, name=name, address=address)
        if told["error"]:
            raise AssertionError(f"The channel was refused, and the admin reads: {told['error']}")
        return Channel.objects.get(app=app, front_id=told["channel_id"])

    def disconnect(self, channel: Channel) -> None:
        """An admin removes the channel in Front."""
        self.sandboxes.sandbox(channel.app).delete_channel(channel_id=channel.front_id or "")

    def run(self, *, steps: int = STEPS) -> None:
        """Do the work of the worker and of Front until nothing is due.

        Requests to Front are made, messages are imported, webhooks are sent, your handler's ``deliver()`` and your
        receivers are called. What is due later, such as another attempt, waits for ``clock.advance()``.

        Raises ``NeverQuiet`` after so many ``steps`` (turns of the worker, and webhooks), and ``RuntimeError`` inside
        ``transaction.atomic()``.
        """
        self._running.until_quiet(self.sandboxes, steps)

    def reply(
        self,
        conversation: AnyConversation,
        text: str,
        *,
        attachments: Iterable[File[bytes]] = (),
        author_id: str | None = TEAMMATES[0].id,
    ) -> InboxMessage:
        """A teammate replies to the customer, or a rule does if ``author_id`` is None.

        Returns the message as the teammate sees it now: ``sent``, or ``failed`` with the ``error``.
        """
        sandbox, conversation_id = self._find(conversation)
        return self._sent(
            sandbox,
            "teammate_message_received",
            sandbox.reply(
                conversation_id=conversation_id,
                text=text,
                author_id=author_id,
                attachments=_described(attachments),
            ),
        )

    def compose(
        self,
        channel: Channel,
        text: str,
        *,
        to: str | Sequence[str],
        subject: str | None = None,
        attachments: Iterable[File[bytes]] = (),
        author_id: str | None = TEAMMATES[0].id,
    ) -> InboxMessage:
        """A teammate writes to one or more handles, in a new conversation. Returns what ``reply`` does."""
        sandbox = self.sandboxes.sandbox(channel.app)
        return self._sent(
            sandbox,
            "teammate_message_received",
            sandbox.compose(
                channel_id=channel.front_id or "",
                to=[to] if isinstance(to, str) else list(to),
                text=text,
                subject=subject,
                author_id=author_id,
                attachments=_described(attachments),
            ),
        )

    def autoreply(self, conversation: AnyConversation, text: str) -> InboxMessage:
        """A rule answers the customer. Returns what ``reply`` does."""
        sandbox, conversation_id = self._find(conversation)
        told = sandbox.autoreply(conversation_id=conversation_id, text=text)
        return self._sent(sandbox, "autoreply_received", told)

    def merge(self, conversation: AnyConversation, absorbed: AnyConversation) -> InboxConversation:
        """A teammate merges ``absorbed`` into the first conversation. Front sends no webhook.

        Returns the first conversation.
        """
        (sandbox, survivor), (_, other) = self._find(conversation), self._find(absorbed)
        sandbox.merge(conversation_ids=[survivor, other], survivor=survivor)
        return InboxConversation.of(sandbox.state.conversations[survivor], sandbox.state)

    def fail_next(
        self,
        *,
        status: int,
        headers: dict[str, str] | None = None,
        body: str | None = None,
        count: int = 1,
        app: str | None = None,
    ) -> None:
        """Answer the next ``count`` requests to Front with this status, without carrying them out.

        Without ``body``, the response is Front's error object for the status.
        """
        sandbox = self.sandboxes.sandbox(self.sandboxes.alias(app))
        sandbox.fail_next(status=status, headers=headers, body=body, count=count)

    def rate_limit(self, *, seconds: float = 60, app: str | None = None) -> None:
        """Answer the next request to Front with 429 and ``Retry-After: <seconds>``."""
        self.fail_next(status=429, headers={"Retry-After": f"{seconds:g}"}, app=app)

    def sandbox(self, app: str | None = None) -> Sandbox:
        """The sandbox of an app, for everything else that it can do: tags, comments, faults."""
        return self.sandboxes.sandbox(self.sandboxes.alias(app))

    @property
    def inbox(self) -> list[InboxConversation]:
        """The conversations as teammates see them now, oldest first, without those that were merged away."""
        return self.sandboxes.conversations()

    @property
    def failures(self) -> list[InboxMessage]:
        """The messages that teammates see as failed, each with its ``error``."""
        seen = [message for conversation in self.inbox for message in conversation.messages]
        return [message for message in seen if message.status == "failed"]

    @property
    def journal(self) -> list[Exchange]:
        """All requests to Front and all webhooks, oldest first."""
        return self.sandboxes.exchanges()

    def _find(self, conversation: AnyConversation) -> tuple[Sandbox, str]:
        return self.sandboxes.find(conversation)

    def _sent(self, sandbox: Sandbox, signal: str, told: dict[str, Any]) -> InboxMessage:
        message = sandbox.state.messages[told["message_id"]]
        app = self.sandboxes.app_of(sandbox)
        if handler_for(app).deliver is None and not getattr(signals, signal).has_listeners(Message):
            log(LogEvent.NOBODY_DELIVERS, app=app, signal=signal)
        return InboxMessage.of(message)


def _described(attachments: Iterable[File[bytes]]) -> list[dict[str, str]]:
    return [
        {
            "filename": str(file.name),
            "content": b64encode(file.open().read()).decode(),
            **({"content_type": kind} if (kind := getattr(file, "content_type", None)) else {}),
        }
        for file in attachments
    ]


class NeverQuiet(AssertionError):
    """Front and the app never ran out of work. A receiver may answer its own messages."""


class Running:
    """Counts the steps of a run. Outside a run nothing is counted."""

    def __init__(self) -> None:
        self._left: int | None = None

    def __call__(self) -> None:
        """Take a step. Raises ``NeverQuiet`` if none is left."""
        if self._left is not None:
            if self._left == 0:
                raise NeverQuiet
            self._left -= 1

    def until_quiet(self, sandboxes: Sandboxes, steps: int) -> None:
        """Do what ``Front.run`` says."""
        _check_committed()
        worker = Worker()
        self._left = steps
        try:
            while self._take_turn(worker) or sandboxes.run_until_quiet():
                self()
        except NeverQuiet:
            shown = "\n".join(map(str, sandboxes.exchanges()[-SHOWN:]))
            raise NeverQuiet(
                f"Not quiet after {steps} steps. Does a receiver, or your handler, answer its own messages? "
                f"Allow more with front.run(steps=…). The last exchanges:\n{shown}"
            ) from None
        finally:
            self._left = None

    def _take_turn(self, worker: Worker) -> bool:
        kinds = set(OutboxEntry.objects.unsettled().values_list("kind", flat=True))
        if OutboxEntry.Kind.ANNOUNCE in kinds:
            # Inside a test's transaction nothing is ever committed, so nobody else sends these signals.
            announce_now()
        return bool(worker.take_turn(kinds))  # looking for all kinds would cost a dozen statements more


def _check_committed() -> None:
    try:
        with database.durable():
            pass
    except RuntimeError:
        raise RuntimeError(
            "front.run() was called inside transaction.atomic(). A worker sees only what is committed: call it "
            "after the block."
        ) from None
