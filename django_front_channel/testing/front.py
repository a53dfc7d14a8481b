"""A Front in the same process and the people in it, behind the fixture ``front`` and ``FrontMixin``."""

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

    Time stands still until you call ``clock.advance()``. As in production, your code and the people in Front only
    create work; ``run()`` does it. The default ``app`` is ``default``, or the only app in ``FRONT_CHANNEL_APPS``.

    Name a ``conversation`` by its row, by any of its messages (a row, or a message of the inbox), or by an id: Front's
    (``cnv_…``) or yours. The ``attachments`` are Django files, such as ``ContentFile(b"…", name="label.png")``.
    """

    def __init__(self) -> None:
        self.clock = StoryClock()
        self._running = Running()
        self.sandboxes = Sandboxes(self.clock, self._running)

    def connect(
        self, *, name: str = "Support", address: str = "", app: str | None = None, token: str | None = None
    ) -> Channel:
        """Add a channel in Front, as an admin does. Returns the connected channel.

        Without a ``token``, the channel is created first. Otherwise pass the token of ``services.channels.create()``,
        or one that your handler's ``authorize()`` knows. Raises ``AssertionError`` if the channel is refused, with the
        error that the admin reads.
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
        """Remove the channel in Front, as an admin does."""
        self.sandboxes.sandbox(channel.app).delete_channel(channel_id=channel.front_id or "")

    def run(self, *, steps: int = STEPS) -> None:
        """Do the work of the worker and of Front until nothing is due.

        This makes requests to Front, imports messages, sends webhooks, and calls your handler's ``deliver()`` and your
        receivers. Work that is due later, such as another attempt, waits for ``clock.advance()``.

        Raises ``NeverQuiet`` if there is still work after ``steps`` steps (turns of the worker, and webhooks), and
        ``RuntimeError`` inside ``transaction.atomic()``.
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
        """Reply to the customer as a teammate, or as a rule if ``author_id`` is None.

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
        """Write to one or more handles as a teammate, in a new conversation. Returns what ``reply`` returns."""
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
        """Answer the customer as a rule does. Returns what ``reply`` returns."""
        sandbox, conversation_id = self._find(conversation)
        told = sandbox.autoreply(conversation_id=conversation_id, text=text)
        return self._sent(sandbox, "autoreply_received", told)

    def merge(self, conversation: AnyConversation, absorbed: AnyConversation) -> InboxConversation:
        """Merge ``absorbed`` into ``conversation``, as a teammate does. Returns the merged conversation.

        Front sends no webhook about a merge.
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
        """Answer the next ``count`` requests to Front with ``status``, without carrying them out.

        Without ``body``, the response is Front's error object for the status.
        """
        sandbox = self.sandboxes.sandbox(self.sandboxes.alias(app))
        sandbox.fail_next(status=status, headers=headers, body=body, count=count)

    def rate_limit(self, *, seconds: float = 60, app: str | None = None) -> None:
        """Answer the next request to Front with 429 and ``Retry-After: <seconds>``."""
        self.fail_next(status=429, headers={"Retry-After": f"{seconds:g}"}, app=app)

    def sandbox(self, app: str | None = None) -> Sandbox:
        """Return the sandbox of an app, which can do more: tags, comments, faults."""
        return self.sandboxes.sandbox(self.sandboxes.alias(app))

    @property
    def inbox(self) -> list[InboxConversation]:
        """The conversations as teammates see them now, oldest first. Merged conversations are not listed."""
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
    """Front and the app kept giving each other work, and never became quiet.

    Perhaps a receiver answers its own messages.
    """


class Running:
    """Runs the worker and Front, and counts the steps. Outside a run it counts nothing."""

    def __init__(self) -> None:
        self._left: int | None = None

    def __call__(self) -> None:
        """Count a step. Raises ``NeverQuiet`` if none is left."""
        if self._left is not None:
            if self._left == 0:
                raise NeverQuiet
            self._left -= 1

    def until_quiet(self, sandboxes: Sandboxes, steps: int) -> None:
        """Do the work of the worker and of Front until nothing is due, as ``Front.run`` says."""
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
            # A test's transaction never commits, so nothing else sends these signals.
            announce_now()
        return bool(worker.take_turn(kinds))  # only kinds with work, which saves a dozen statements


def _check_committed() -> None:
    try:
        with database.durable():
            pass
    except RuntimeError:
        raise RuntimeError(
            "front.run() was called inside transaction.atomic(). A worker sees only committed rows: call front.run() "
            "after the block."
        ) from None
