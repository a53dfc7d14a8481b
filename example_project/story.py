"""The steps of the demo. Each step acts over HTTP as a person would, and returns what it saw, or raises."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Sequence
from html import unescape
from typing import Any

import django
import requests
from django.core.management import call_command

from . import SANDBOX_APP_SECRET, SANDBOX_APP_UID
from .processes import Children, StepFailed

QUESTION = "Hello! Has my parcel left yet?"
PHONES = {"+351910000001": "The sailor", "+351910000002": "The potter"}
CHANNELS = {"Shop chat": "", "Shop SMS": "+351210000000"}
ANSWER = "Yes, this morning. It will be with you tomorrow."


class Story:
    """A round trip between the shop at ``shop_url`` and the sandbox at ``front_url``, both URLs without a path."""

    def __init__(self, children: Children, *, shop_url: str, front_url: str) -> None:
        self.children = children
        self.shop_url = shop_url
        self.front_url = front_url
        self.http = requests.Session()
        self.http.trust_env = False  # a proxy could not reach this machine's loopback address
        self.tokens: dict[str, str] = {}
        self.chat_url = ""
        self.conversation_id = ""

    def steps(self) -> Sequence[Callable[[], str]]:
        """Return the steps in order. The demo prints their names."""
        return (
            self.database,
            self.sandbox,
            self.shop,
            self.channel,
            self.connect,
            self.write,
            self.worker,
            self.imported,
            self.signal,
            self.reply,
            self.read,
        )

    def database(self) -> str:
        django.setup()
        from django.contrib.auth.models import User

        call_command("migrate", verbosity=0)
        User.objects.create_superuser("demo", password="demo")

        from .phone.models import Phone
        from .shop.models import Customer

        Customer.objects.create(name="The gardener")
        for number, owner in PHONES.items():
            Phone.objects.create(number=number, owner=owner)
        return "a new SQLite file for the shop, migrated"

    def sandbox(self) -> str:
        self.children.start(
            "sandbox",
            *("-m", "django_front_channel.sandbox", "--port", self.front_url.rpartition(":")[2]),
            *("--webhook-url", f"{self.shop_url}/front/default/"),
            FRONT_APP_UID=SANDBOX_APP_UID,
            FRONT_APP_SECRET=SANDBOX_APP_SECRET,  # an option would show it in the list of processes
        )
        self._await_answer(f"{self.front_url}/_sandbox/", "sandbox")
        return f"a sandbox stands in for Front at {self.front_url}"

    def shop(self) -> str:
        address = self.shop_url.removeprefix("http://")
        self.children.start("shop", "manage.py", "runserver", "--noreload", address)
        self._await_answer(self.shop_url, "shop")
        return f"the shop is open at {self.shop_url}"

    def channel(self) -> str:
        from django_front_channel import services

        for name, address in CHANNELS.items():
            new = services.channels.create(name=name, address=address)
            self.tokens[name] = new.token
        return f"two channels created in the shop, {new.channel.state} until a Front admin adds them"

    def connect(self) -> str:
        front_ids = []
        for name, token in self.tokens.items():
            connected = self._control("connect", token=token, name=name, address=CHANNELS[name] or name)
            if connected["error"]:
                raise StepFailed(f"the Front admin reads: {connected['error']}", "shop")
            front_ids.append(connected["channel_id"])
        webhook = self._exchange("webhook", "authorization", child="shop")
        names = " and ".join(front_ids)
        return f"the Front admin pastes their tokens\nauthorization -> {webhook}: Front calls them {names}"

    def write(self) -> str:
        self.chat_url = self._submit(self.shop_url, name="The baker").url
        self._submit(self.chat_url, text=QUESTION)
        state, _text = self._line("customer")
        return f'the customer writes: "{QUESTION}"\n{state} in the shop\'s database; no worker runs yet'

    def worker(self) -> str:
        self.children.start("worker", "manage.py", "front_channel_worker", "--interval", "0.2")
        self.children.start("phone network", "manage.py", "phone_network")
        request = self._exchange("api", "inbound_messages", child="worker")
        return f"the worker starts, and tells Front\nPOST inbound_messages -> {request}"

    def imported(self) -> str:
        webhook = self._exchange("webhook", "message_imported", child="sandbox")
        (conversation,) = self._get("state")["conversations"]
        self.conversation_id = conversation["id"]
        message_id = conversation["messages"][0]["id"]
        return (
            f"Front has created {message_id} in {self.conversation_id}\nmessage_imported webhook -> {webhook}"
        )

    def signal(self) -> str:
        def look() -> str | None:
            state, line = self._line("customer")
            return line if state == "imported" and "In Front as msg_" in line else None

        line = self.children.until(look, "the note of the shop's receiver on the chat page", "shop")
        note = line[line.index("In Front as") :]
        return f'the shop received the signal message_imported\nthe page says: "{note}"'

    def reply(self) -> str:
        sent = self._control("reply", conversation_id=self.conversation_id, text=ANSWER)
        if sent["error"]:
            raise StepFailed(f"the teammate reads: {sent['error']}", "shop")
        webhook = self._exchange("webhook", '"message"', child="shop")
        return f'a teammate replies: "{ANSWER}"\nmessage webhook -> {webhook}'

    def read(self) -> str:
        def look() -> str | None:
            state, line = self._line("team")
            return line if state == "delivered" and ANSWER in line else None

        self.children.until(look, "the reply on the chat page", "worker")
        return "delivered: the customer reads the reply on the chat page"

    def reply_command(self) -> str:
        """Return a shell command that writes as the teammate again."""
        document = json.dumps({"conversation_id": self.conversation_id, "text": "Anything else?"})
        json_type = "Content-Type: application/json"
        return shlex.join(["curl", f"{self.front_url}/_sandbox/reply", "-H", json_type, "-d", document])

    def _await_answer(self, url: str, child: str) -> None:
        def look() -> bool:
            try:
                return self.http.get(url, timeout=5).ok
            except requests.ConnectionError:
                return False

        self.children.until(look, f"an answer from {url}", child)

    def _submit(self, url: str, **fields: str) -> requests.Response:
        """Open a page of the shop, fill in its form, and press the button."""
        self.http.get(url, timeout=10).raise_for_status()
        fields["csrfmiddlewaretoken"] = self.http.cookies["csrftoken"]
        answer = self.http.post(url, data=fields, timeout=10)
        answer.raise_for_status()
        return answer

    def _line(self, who: str) -> tuple[str, str]:
        """Return the state and text of this party's first line on the chat page, or two empty texts."""
        page = self.http.get(self.chat_url, timeout=10).text
        found = re.search(rf'<li class="{who}" data-state="(\w+)">(.*?)</li>', page, re.DOTALL)
        if found is None:
            return "", ""
        return found[1], " ".join(unescape(re.sub(r"<.*?>", " ", found[2])).split())

    def _exchange(self, kind: str, what: str, *, child: str) -> str:
        """Return the status and duration of the first exchange of this kind with ``what`` in its URL or body."""

        def look() -> dict[str, Any] | None:
            entries = self._get("journal")["entries"]
            found = [e for e in entries if e["kind"] == kind and what in e["url"] + e["body"]]
            return found[0] if found and found[0]["status"] else None

        entry = self.children.until(look, f"{what} in the sandbox's journal", child)
        if entry["status"] not in (200, 202):
            raise StepFailed(f"{what} was answered {entry['status']}: {entry['answer']}", child)
        return f"{entry['status']} in {entry['duration'] * 1000:.0f} ms"

    def _get(self, name: str) -> Any:
        answer = self.http.get(f"{self.front_url}/_sandbox/{name}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _control(self, verb: str, **arguments: str) -> dict[str, Any]:
        """Let somebody in Front act. Returns the sandbox's result."""
        answer = self.http.post(f"{self.front_url}/_sandbox/{verb}", json=arguments, timeout=20)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result
