"""``python -m django_front_channel.sandbox``: a Front to run beside a site in development."""

from __future__ import annotations

import argparse
import math
import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from django_front_channel.exceptions import InvalidArgument

from .assumptions import Assumptions, Value, parsed
from .front_admin import is_web_url
from .records import State
from .server import serving
from .snapshot import load, saved_in
from .wsgi_app import Sandbox

WEBHOOK_URL = "http://127.0.0.1:8000/front/default/"
LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
TO_DO = """
Add this to the site's settings:

    FRONT_CHANNEL_API_URL = "{address}"
    FRONT_CHANNEL_APPS = {{"default": {{"APP_UID": "{uid}", "APP_SECRET": "{secret}"}}}}

Webhooks go to {webhook_url}. The next start makes new credentials. To keep these, set the environment variables
FRONT_APP_UID and FRONT_APP_SECRET.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_refuse(f"{message[:1].upper()}{message[1:]}."))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status: 0, or 2 after an error, with one sentence on stderr."""
    return run(_options(arguments))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m django_front_channel.sandbox", description=__doc__, allow_abbrev=False)
    return add_arguments(parser).parse_args(arguments)


def add_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options of the sandbox to a parser, and return it."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8090, help="0 for any free port (8090)")
    parser.add_argument("--app-uid", help="the App UID (FRONT_APP_UID of the environment, or a new one)")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument(
        "--app-secret", help="the App secret (FRONT_APP_SECRET of the environment, or a new one)"
    )
    secret.add_argument(
        "--app-secret-file",
        type=_content,
        dest="app_secret",
        metavar="FILE",
        help="a file that holds the App secret, so that other users do not see it in the process list",
    )
    parser.add_argument(
        "--webhook-url",
        default=WEBHOOK_URL,
        help=f"the static URL of the app's channel feature ({WEBHOOK_URL})",
    )
    parser.add_argument(
        "--company", type=_label, default="acme", help="the company's name in Front's links (acme)"
    )
    parser.add_argument(
        "--import-delay", type=_seconds, default=0.2, help="seconds from a 202 to its import (0.2)"
    )
    parser.add_argument(
        "--assume",
        type=_assumption,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one of the assumptions about Front",
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")
    return parser


def run(options: argparse.Namespace) -> int:
    """Serve as :func:`main` does, with parsed options."""
    is_made_up = _fill_in_credentials(options)
    wrong = _what_is_wrong(options)
    if wrong:
        return _refuse(wrong)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        try:
            sandbox = _sandbox(options, stack)
        except (OSError, ValueError) as error:
            return _refuse(f"Cannot keep the data in {options.data}: {_reason(error)}; choose another file.")
        try:
            address = stack.enter_context(serving(sandbox, options.host, options.port))
        except (OSError, OverflowError) as error:
            place = f"{options.host}:{options.port}"
            return _refuse(f"Cannot listen on {place}: {_reason(error)}; choose another host or port.")
        sys.stdout.write(f"The Front sandbox is ready at {address}\n")
        if is_made_up:
            sys.stdout.write(_to_do(options, address))
        sys.stdout.flush()
        stop.wait()
    return 0


def _fill_in_credentials(options: argparse.Namespace) -> bool:
    """Take missing credentials from the environment, or make new ones. Returns whether any are new."""
    uid = options.app_uid if options.app_uid is not None else os.environ.get("FRONT_APP_UID")
    secret = options.app_secret if options.app_secret is not None else os.environ.get("FRONT_APP_SECRET")
    options.app_uid = secrets.token_hex(8) if uid is None else uid
    options.app_secret = secrets.token_hex(16) if secret is None else secret
    return uid is None or secret is None


def _to_do(options: argparse.Namespace, address: str) -> str:
    return TO_DO.format(
        address=address, uid=options.app_uid, secret=options.app_secret, webhook_url=options.webhook_url
    )


def _what_is_wrong(options: argparse.Namespace) -> str | None:
    if not is_web_url(options.webhook_url):
        return "The webhook URL must be absolute, such as http://127.0.0.1:8000/front/default/."
    for name in ("uid", "secret"):
        text = getattr(options, f"app_{name}")
        if not text or text != text.strip() or not text.isprintable():
            return f"The App {name} must be the one in the site's settings, without whitespace around it."
    return None


def _reason(error: Exception) -> str:
    return f"{getattr(error, 'strerror', None) or error}".rstrip(".")


def _sandbox(options: argparse.Namespace, stack: ExitStack) -> Sandbox:
    sandbox = Sandbox(
        app_uid=options.app_uid,
        app_secret=options.app_secret,
        webhook_url=options.webhook_url,
        company=options.company,
        import_delay=options.import_delay,
        assumptions=dict(options.assume),
        state=load(options.data) if options.data else State(),
    )
    if options.data:
        stack.enter_context(saved_in(sandbox.company, options.data))
    return sandbox


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, not negative: {text}")
    return seconds


def _content(name: str) -> str:
    try:
        return Path(name).read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"cannot read {name}: {_reason(error)}") from None


def _label(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a label of a host name, such as acme: {text}")
    return text


def _assumption(text: str) -> tuple[str, Value]:
    try:
        name, value = parsed(text)
        Assumptions().change(name, value)
    except InvalidArgument as error:
        raise argparse.ArgumentTypeError(f"{error}".rstrip(".")) from None
    return name, value


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
