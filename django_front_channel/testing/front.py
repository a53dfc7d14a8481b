"""A Front in the same process, and the people in it: what the fixture ``front`` and ``FrontMixin`` give."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.files import File

from django_front_channel import services, signals
from django_front_channel.gateway import network_replaced
from django_front_channel.handlers import handler_for
from django_front_channel.models import Channel, Conversation, Message, clock, pauses
from django_front_channel.sandbox.records import TEAMMATES
from django_front_channel.testing.clock import StoryClock
from django_front_channel.testing.company import Company
from django_front_channel.testing.inbox import Exchange, InboxConversation, InboxMessage
from django_front_channel.testing.running import STEPS, Running

if TYPE_CHECKING:
    from django_front_channel.sandbox import Sandbox

logger = logging.getLogger("django_front_channel.testing")

AnyConversation = Conversation | Message | InboxConversation | InboxMessage | str


@contextmanager
def in_process() -> Iterator[Front]:
    """Let a new Front take the place of the network, with a clock of its own, until the block ends."""
    front = Front()
    pauses.forget()
    with clock.replaced(front.clock, signatures=True), network_replaced(front.company.adapter_for):
        yield front
    pauses.forget()


class Front:
    """Front, and the teammates and admins who work in it, for one test.

    Time stands still, but for ``clock.advance()``. Your code, and what people do in Front, only leaves work behind,
    as in production; ``run()`` carries it out. Where an ``app`` may be named, the default is the app
    ``default``, or the only one in ``FRONT_CHANNEL_APPS``.

    A ``conversation`` is a row, any message in it (as a row, or as it is seen in the inbox), or an id: Front's
    (``cnv_…``) or yours. ``attachments`` are Django files, such as ``ContentFile(b"…", name="label.png")``.
    """

    def __init__(self) -> None:
        self.clock = StoryClock()
        self._running = Running()
        self.company = Company(self.clock, self._running)

    def connect(
        self, *, name: str = "Support", address: str = "", app: str | None = None, token: str | None = None
    ) -> Channel:
        """An admin adds a channel in Front; returns the connected channel.

        It is created first, unless a ``token`` is given: that of ``services.channels.create()``, or one that your
        handler's ``authorize()`` knows. Raises ``AssertionError`` with what the admin reads when it is refused.
        """
        app = self.company.alias(app)
        sandbox = self.company.sandbox(app)
        handler_for(app)  # raises, where the app would only log that it cannot be imported
        token = token or services.channels.create(app, name=name, address=address).token
        told = sandbox.connect(token=token, name=name, address=address)
        if told["error"]:
            raise AssertionError(f"The channel was refused, and the admin reads: {told['error']}")
        return Channel.objects.get(app=app, front_id=told["channel_id"])

    def disconnect(self, channel: Channel) -> None:
        """An admin removes the channel in Front."""
        self.company.sandbox(channel.app).delete_channel(channel_id=channel.front_id or "")

    def run(self, *, steps: int = STEPS) -> None:
        """Do what waits on both sides until nothing is due: a worker's work, and what Front does later.

        Front is called, messages are imported, webhooks are sent, your handler's ``deliver()`` is called and your
        receivers hear of it. What is due later, such as another try, waits for ``clock.advance()``.

        Raises ``NeverQuiet`` after so many ``steps``, turns of the worker and webhooks, and ``RuntimeError`` inside
        ``transaction.atomic()``.
        """
        self._running.until_quiet(self.company, steps)

    def reply(
        self,
        conversation: AnyConversation,
        text: str,
        *,
        attachments: Iterable[File[bytes]] = (),
        author_id: str | None = TEAMMATES[0].id,
    ) -> InboxMessage:
        """A teammate replies to the customer; ``author_id`` None is a rule.

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
        sandbox = self.company.sandbox(channel.app)
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
        """A teammate merges ``absorbed`` into the first conversation, which is returned. Front sends no webhook."""
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
        """Answer the next ``count`` requests to Front with this status, and carry none of them out.

        Without ``body``, the answer is Front's error object for the status.
        """
        sandbox = self.company.sandbox(self.company.alias(app))
        sandbox.fail_next(status=status, headers=headers, body=body, count=count)

    def rate_limit(self, *, seconds: float = 60, app: str | None = None) -> None:
        """Answer the next request to Front with 429, and ask to wait so many ``seconds``."""
        self.fail_next(status=429, headers={"Retry-After": f"{seconds:g}"}, app=app)

    def sandbox(self, app: str | None = None) -> Sandbox:
        """The Front of an app, for all else that it can do: tags, comments, odd behaviour."""
        return self.company.sandbox(self.company.alias(app))

    @property
    def inbox(self) -> list[InboxConversation]:
        """The conversations as teammates see them now, the oldest first. One that was merged away is not among them."""
        return self.company.conversations()

    @property
    def failures(self) -> list[InboxMessage]:
        """The messages that teammates see as failed, each with its ``error``."""
        seen = [message for conversation in self.inbox for message in conversation.messages]
        return [message for message in seen if message.status == "failed"]

    @property
    def journal(self) -> list[Exchange]:
        """All requests to Front and all webhooks, the oldest first."""
        return self.company.exchanges()

    def _find(self, conversation: AnyConversation) -> tuple[Sandbox, str]:
        return self.company.find(conversation)

    def _sent(self, sandbox: Sandbox, signal: str, told: dict[str, Any]) -> InboxMessage:
        message = sandbox.state.messages[told["message_id"]]
        app = self.company.app_of(sandbox)
        if handler_for(app).deliver is None and not getattr(signals, signal).has_listeners(Message):
            logger.warning(
                "Nobody delivers messages of the app %r: FRONT_CHANNEL_APPS names no HANDLER with deliver(), and "
                "no receiver listens to %s.",
                app,
                signal,
            )
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
