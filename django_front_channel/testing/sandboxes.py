"""The sandboxes of a test: one for each app, made when the test first needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from django_front_channel.conf import App, conf
from django_front_channel.models import Conversation, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.testing.inbox import Exchange, InboxConversation, InboxMessage
from django_front_channel.testing.stand_ins import Host, SandboxAdapter, StoryClock

DEFAULT = "default"

AnyConversation = Conversation | Message | InboxConversation | InboxMessage | str


class Sandboxes:
    """The sandboxes, by alias of their app. They call ``before_webhook`` before each webhook."""

    def __init__(self, clock: StoryClock, before_webhook: Callable[[], object]) -> None:
        self._clock = clock
        self._before_webhook = before_webhook
        self._host = Host()
        self._sandboxes: dict[str, Sandbox] = {}

    def alias(self, app: str | None) -> str:
        """Return ``app``, or the alias of the default app for None.

        Raises ``ImproperlyConfigured`` if the settings do not make clear which app is the default.
        """
        aliases = conf.aliases()
        if app is not None or conf.find_app(DEFAULT):
            return app or DEFAULT
        if not aliases:
            raise ImproperlyConfigured(
                "FRONT_CHANNEL_APPS has no app 'default' to test with. Add it, or name yours: "
                "front.connect(app=…)."
            )
        if len(aliases) > 1:
            raise ImproperlyConfigured(
                f"FRONT_CHANNEL_APPS has several apps ({', '.join(aliases)}). Say which: front.connect(app=…)."
            )
        return aliases[0]

    def sandbox(self, alias: str) -> Sandbox:
        """Return the sandbox of an app. Raises ``ImproperlyConfigured`` if the settings lack the app."""
        if alias not in self._sandboxes:
            app = conf.app(alias)
            self._sandboxes[alias] = Sandbox(
                app_uid=app.uid,
                app_secret=app.secrets[0],
                webhook_url=Host.origin + _app_webhook(alias),
                send=self._send,
                clock=self._clock.front_looks,
                import_delay=0,
            )
        return self._sandboxes[alias]

    def app_of(self, sandbox: Sandbox) -> str:
        """Return the alias of a sandbox's app."""
        return next(alias for alias, each in self._sandboxes.items() if each is sandbox)

    def adapter_for(self, app: App) -> SandboxAdapter:
        """Return an adapter that carries the requests of the app's clients to its sandbox."""
        return SandboxAdapter(self.sandbox(app.alias), urlsplit(app.api_url).path)

    def run_until_quiet(self) -> int:
        """Run all later jobs of Front. Returns how many there were."""
        return sum(sandbox.run_until_quiet() for sandbox in self._sandboxes.values())

    def conversations(self) -> list[InboxConversation]:
        """Return the conversations, oldest first. Merged conversations are left out."""
        found = [
            (each, sandbox.state)
            for sandbox in self._sandboxes.values()
            for each in sandbox.state.conversations.values()
            if each.merged_into is None
        ]
        found.sort(key=lambda one: one[0].created_at)
        return [InboxConversation.of(each, state) for each, state in found]

    def exchanges(self) -> list[Exchange]:
        """Return all requests and webhooks, oldest first."""
        names = Exchange.__dataclass_fields__
        found = [
            Exchange(**{name: entry[name] for name in names})
            for sandbox in self._sandboxes.values()
            for entry in sandbox.journal.since()
        ]
        return sorted(found, key=attrgetter("at"))

    def find(self, conversation: AnyConversation) -> tuple[Sandbox, str]:
        """Return the sandbox of a conversation, and its id after any merges. Raises ``LookupError``."""
        for sandbox in self._sandboxes.values():
            found = _conversation_id(sandbox, conversation)
            if found is not None:
                return sandbox, _survivor(sandbox, found)
        raise LookupError(
            f"Front has no conversation of {conversation}. If it is about a message that you have synced, call "
            "front.run() first; if that does not help, look into front.journal and the message's state_reason."
        )

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self._before_webhook()
        return self._host.send(method, url, headers, body)


def _app_webhook(alias: str) -> str:
    try:
        return reverse("front_channel:app_webhook", args=[alias])
    except NoReverseMatch:
        raise ImproperlyConfigured(
            "Front cannot reach the app: include django_front_channel.urls in your ROOT_URLCONF."
        ) from None


def _conversation_id(sandbox: Sandbox, sought: AnyConversation) -> str | None:
    """Return the id of a conversation if it is in this sandbox, otherwise None."""
    state = sandbox.state
    if isinstance(sought, Message):
        known = state.message_with_external_id(sought.channel.front_id or "", sought.external_id)
        return known.conversation_id if known else None
    name = _name(sought)
    if name in state.conversations:
        return name
    threads = [state.conversation_with_external_id(channel_id, name) for channel_id in state.channels]
    return next((each.id for each in threads if each is not None), None)


def _name(sought: Conversation | InboxConversation | InboxMessage | str) -> str:
    if isinstance(sought, Conversation):
        return sought.front_id
    if isinstance(sought, InboxConversation):
        return sought.id
    return sought.conversation_id if isinstance(sought, InboxMessage) else sought


def _survivor(sandbox: Sandbox, conversation_id: str) -> str:
    merged_into = sandbox.state.conversations[conversation_id].merged_into
    return _survivor(sandbox, merged_into) if merged_into else conversation_id
