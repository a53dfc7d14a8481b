"""``python -m django_front_channel.sandbox``: a Front to run beside a site in development."""

from __future__ import annotations

import argparse
import math
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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_refuse(f"{message[:1].upper()}{message[1:]}."))


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status: 0, or 2 with one sentence on stderr."""
    return run(_options(arguments))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m django_front_channel.sandbox", description=__doc__, allow_abbrev=False)
    return add_arguments(parser).parse_args(arguments)


def add_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options of the sandbox."""
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="0 for any free port")
    parser.add_argument("--app-uid", required=True, help="the App UID")
    parser.add_argument("--app-secret", required=True, help="the App secret")
    parser.add_argument("--webhook-url", required=True, help="the static URL of the app's channel feature")
    parser.add_argument("--import-delay", type=_seconds, default=0.2, help="seconds from a 202 to its import")
    parser.add_argument(
        "--assume",
        type=_assumption,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another of the assumptions about Front",
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")
    return parser


def run(options: argparse.Namespace) -> int:
    """Like :func:`main`, with options that are parsed already."""
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
        sys.stdout.flush()
        stop.wait()
    return 0


def _what_is_wrong(options: argparse.Namespace) -> str | None:
    if not is_web_url(options.webhook_url):
        return "The webhook URL must be absolute, such as http://127.0.0.1:8000/front/default/."
    for name in ("uid", "secret"):
        text = getattr(options, f"app_{name}")
        if not text or text != text.strip() or not text.isprintable():
            return f"The App {name} must be a text without blanks around it, the one in the site's settings."
    return None


def _reason(error: Exception) -> str:
    return f"{getattr(error, 'strerror', None) or error}".rstrip(".")


def _sandbox(options: argparse.Namespace, stack: ExitStack) -> Sandbox:
    sandbox = Sandbox(
        app_uid=options.app_uid,
        app_secret=options.app_secret,
        webhook_url=options.webhook_url,
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
