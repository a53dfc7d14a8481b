"""The state in a file, so that a sandbox goes on where it was stopped."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from .http_messages import compact_json
from .records import State

if TYPE_CHECKING:
    from .app import Sandbox

# Seconds in which changes are gathered: a file is written as a whole, and changes come in swarms.
GATHERING = 0.5


def load(path: Path) -> State:
    """The state in this file, or an empty one where there is no file. Raises OSError, and ValueError for a
    file that is something else."""
    try:
        document = json.loads(path.read_bytes())
        state: State = _revived(State, document)
    except FileNotFoundError:
        return State()
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError("it was not written by the sandbox") from error
    return state


def save(state: State, path: Path) -> None:
    """Replace the file at once and as a whole. Only its owner may read it: it holds the channels' tokens."""
    content = compact_json(_plain(state))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def kept(sandbox: Sandbox, path: Path) -> Iterator[None]:
    """Save the state soon after every change, and at the end of the ``with`` block. Raises OSError at the
    beginning where the file cannot be written."""
    stop = threading.Event()

    def save_now() -> None:
        sandbox.changed.clear()
        with sandbox.lock:
            save(sandbox.state, path)

    def keep() -> None:
        while not stop.wait(GATHERING):
            if sandbox.changed.is_set():
                save_now()

    save_now()
    thread = threading.Thread(target=keep, name="sandbox-data", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        save_now()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


def _revived(hint: Any, value: Any) -> Any:
    """The value of the annotated type that ``_plain`` has made plain."""
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: _revived(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if origin in (Union, types.UnionType) and value is not None:
        return _revived(args[0], value)
    if origin is dict:
        return {name: _revived(args[1], each) for name, each in value.items()}
    if origin is list:
        return [_revived(args[0], each) for each in value]
    return base64.b64decode(value) if hint is bytes else value
