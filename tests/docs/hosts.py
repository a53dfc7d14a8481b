"""Hosts that have copied the code of a page, each with its provider, its worker and its team."""

from __future__ import annotations

import hmac
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command

from django_front_channel import services
from django_front_channel.exceptions import FrontChannelError
from django_front_channel.models import Channel, Message
from tests import test_readme

from .pages import DOCS
from .provider import SLOW, SMS_PROVIDER
from .reader import SITE, Reader

US = "+33700000001"


class Host:
    """What every host has in common: its channel, and a Front that ``reader`` has started."""

    slow = SLOW
    """The provider sends this text, and then does not answer."""

    def __init__(self, reader: Reader, channel: Channel) -> None:
        assert reader.sandbox is not None
        self.front = reader.sandbox
        self.channel = channel

    def take(self, message_id: str, *, sender: str, text: str = "Hello") -> str:
        """Let a customer's message arrive. Returns the code of the error that the host's code raises, or nothing."""
        raise NotImplementedError

    def sent(self, text: str) -> list[str]:
        """Return the numbers to which the provider has sent this text."""
        raise NotImplementedError

    def run(self) -> None:
        call_command("front_channel_worker", once=True)
        self.front.run_until_quiet()

    def try_again(self, reply: Message) -> None:
        services.messages.retry(reply)
        self.run()

    def message(self, message_id: str) -> Message:
        return Message.objects.get(external_id=message_id)

    def compose(self, to: str, text: str = "Hello") -> str | None:
        """Let a teammate write. Returns the refusal, if there is one."""
        channel_id = str(self.channel.front_id)
        error: str | None = self.front.compose(channel_id=channel_id, to=[to], text=text)["error"]
        return error


class SMSHost(Host):
    """A host that has done what the SMS page says."""

    def __init__(self, reader: Reader) -> None:
        reader.follow(DOCS / "howto" / "sms-provider.md")
        self.site = reader.addresses[SITE]
        self.provider = reader.addresses[SMS_PROVIDER]
        super().__init__(reader, Channel.objects.get(address=US))

    def call(self, message_id: str, *, sender: str, text: str = "Hello", recipient: str = US) -> int:
        """Let the provider pass on an SMS. Returns the status of the host's answer."""
        sms = {"id": message_id, "sender": sender, "recipient": recipient, "text": text}
        body = json.dumps(sms).encode()
        signature = hmac.new(b"only the provider and we know it", body, "sha256").hexdigest()
        answer = requests.post(
            f"http://{self.site}/sms/incoming/", data=body, headers={"X-Sms-Signature": signature}, timeout=60
        )
        return answer.status_code

    def take(self, message_id: str, *, sender: str, text: str = "Hello") -> str:
        assert self.call(message_id, sender=sender, text=text) == 200
        return ""

    def message(self, message_id: str) -> Message:
        return super().message(f"sms-{message_id}")

    def sent(self, text: str) -> list[str]:
        sent: list[str] = []
        for reply in Message.objects.filter(source="teammate", text=text):
            answer = requests.get(
                f"{self.provider}/messages", params={"reference": reply.external_id}, timeout=60
            )
            sent += [sms["recipient"] for sms in answer.json()["messages"]]
        return sent


class InboundHost(Host):
    """A host with a function ``customer_wrote`` in its module ``inbound``, and a module in place of its provider."""

    inbound = "shop.inbound"
    provider: Any

    def take(self, message_id: str, *, sender: str, text: str = "Hello") -> str:
        try:
            import_module(self.inbound).customer_wrote(self.channel, sender, text, message_id)
        except FrontChannelError as error:
            return str(error.code)
        return ""


class QuickstartHost(InboundHost):
    """A host that has done what the quickstart says."""

    def __init__(self, reader: Reader) -> None:
        reader.follow(DOCS / "quickstart.md")
        self.provider = import_module("shop.front").provider
        self._taken: list[tuple[str, str]] = []
        self._timeouts = 0
        reader.environment.setattr(self.provider, "logger", self)
        send = self.provider.send

        def send_slowly(handle: str, text: str, **more: str) -> None:
            send(handle, text, **more)
            if text == self.slow and not self._timeouts:
                self._timeouts += 1
                raise TimeoutError

        reader.environment.setattr(self.provider, "send", send_slowly)
        super().__init__(reader, Channel.objects.get())

    def info(self, line: str, handle: str, text: str) -> None:
        """Take what the page's provider logs in place of sending it."""
        self._taken.append((handle, text))

    def sent(self, text: str) -> list[str]:
        return [handle for handle, taken in self._taken if taken == text]


class ReadmeHost(InboundHost):
    """A host that has copied the README's code."""

    inbound = "shop.sms"
    slow = "Too slow"

    def __init__(self, reader: Reader, folder: Path) -> None:
        page = folder / "readme.md"
        page.write_text("\n\n".join(f"```python\n# {name}\n{source}```" for name, source in self._files()))
        reader.environment.setenv("FRONT_APP_UID", "a1b2c3d4e5f60718")
        reader.environment.setenv("FRONT_APP_SECRET", test_readme.SECRET)
        reader.follow(page)
        self.provider = import_module(self.inbound)
        super().__init__(reader, Channel.objects.get())

    def _files(self) -> list[tuple[str, str]]:
        urls = "from django.urls import path\nurlpatterns = []\n"
        lines = test_readme.blocks()
        return [
            ("shop/sms.py", test_readme.SMS + lines["shop/sms.py"]),
            ("shop/settings.py", lines["settings.py"]),
            ("shop/urls.py", urls + lines["urls.py"]),
        ]

    def sent(self, text: str) -> list[str]:
        return [number for numbers, taken in self.provider.sent for number in numbers if taken == text]
