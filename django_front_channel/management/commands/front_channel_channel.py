from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from django_front_channel.exceptions import FrontChannelError
from django_front_channel.models import Channel
from django_front_channel.services import channels

CHANNEL_HELP = "its number in the list, or its id in Front (cha_…)"
# The actions on one channel that have no options of their own: what each does, and its help.
ACTIONS: dict[str, tuple[Callable[[Channel], object], str]] = {
    "show": (lambda channel: None, "show one channel"),
    "release": (channels.release, "end the hold of a channel, or let a blocked channel try again"),
    "adopt": (channels.adopt, "accept that the App UID or API URL in the settings has changed"),
    "disconnect": (channels.disconnect, "stop using the channel; its token may connect a new one in Front"),
}


class Command(BaseCommand):
    help = "Create, list and look after channels, for sites without the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        create = _action(
            actions, "create", "create a channel, and show its connection token, which cannot be shown again"
        )
        create.add_argument("name", help="what people call the channel")
        create.add_argument(
            "--address", default="", help="the phone number or other handle that customers see"
        )
        create.add_argument("--app", default="default", help="an alias in FRONT_CHANNEL_APPS (default)")
        listing = _action(actions, "list", "list all channels")
        listing.add_argument("--app", help="list only the channels of this alias in FRONT_CHANNEL_APPS")
        rotate = _action(
            actions,
            "rotate",
            "replace the connection token, and show the new one, which cannot be shown again",
        )
        hold = _action(actions, "hold", "make everything of the channel wait, in both directions")
        hold.add_argument("--by", default="", help="who holds it; shown to operators")
        hold.add_argument("--detail", default="", help="why; shown to operators")
        for one in (rotate, hold, *(_action(actions, name, text) for name, (_call, text) in ACTIONS.items())):
            one.add_argument("channel", help=CHANNEL_HELP)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            told = self._carry_out(action, options)
        except (FrontChannelError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        lines = json.dumps(told, ensure_ascii=False) if options["json"] else _as_text(told)
        if lines:
            self.stdout.write(lines)

    def _carry_out(self, action: str, options: dict[str, Any]) -> Any:
        if action == "list":
            only = {} if options["app"] is None else {"app": options["app"]}
            return [_facts(channel) for channel in Channel.objects.filter(**only).order_by("pk")]
        if action == "create":
            new = channels.create(options["app"], name=options["name"], address=options["address"])
            return {**_facts(new.channel), "token": new.token}
        channel = _find(options["channel"])
        if action == "rotate":
            return {**_facts(channel), "token": channels.rotate_token(channel)}
        if action == "hold":
            channels.hold(channel, by=options["by"], detail=options["detail"])
        else:
            ACTIONS[action][0](channel)
        channel.refresh_from_db()
        return _facts(channel)


def _action(actions: Any, name: str, text: str) -> CommandParser:
    parser: CommandParser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _find(given: str) -> Channel:
    named = Q(front_id=given) | (Q(pk=int(given)) if given.isascii() and given.isdigit() else Q())
    found = list(Channel.objects.filter(named)[:2])
    if len(found) == 1:
        return found[0]
    how = "Several channels have" if found else "No channel has"
    raise CommandError(
        f"{how} the id {given!r}. Run `front_channel_channel list`, and pass the number of a channel."
    )


def _facts(channel: Channel) -> dict[str, Any]:
    """Return the facts about a channel that the command shows."""
    return {
        "id": channel.pk,
        "name": channel.name,
        "app": channel.app,
        "address": channel.address,
        "front_id": channel.front_id,
        "state": channel.state,
        "held": channel.is_held,
        "held_by": channel.held_by,
        "hold_detail": channel.hold_detail,
        "webhook_url": channels.webhook_url(channel),
    }


def _as_text(told: Any) -> str:
    if isinstance(told, list):
        return "\n".join(_line(each) for each in told)
    width = max(map(len, told))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in told.items() if value not in (None, ""))


def _line(facts: dict[str, Any]) -> str:
    held = ", held" if facts["held"] else ""
    return (
        f"{facts['id']}  {facts['front_id'] or '-'}  {facts['app']}  {facts['state']}{held}  {facts['name']}"
    )
