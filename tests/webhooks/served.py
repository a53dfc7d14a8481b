"""A site in a process of its own, whose database connection is killed while it answers.

It has one thread, as a worker of gunicorn has, so it keeps its connection between requests if the settings say so. The
header ``Kill-At`` says when the database server ends the connection: ``0`` is before the request, ``3`` before the
third statement, ``3+`` after it, and ``commit`` when the transaction is committed but the site does not know yet. A
line of output says whether that moment came.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.db import OperationalError, connection

from tests.processes import until

KILL = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}
ALIVE = {
    "postgresql": "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = %s",
    "mysql": "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s",
}


def kill() -> None:
    """Have the server end this thread's connection, and wait until it has."""
    connection.ensure_connection()
    driver: Any = connection.connection
    number = driver.info.backend_pid if connection.vendor == "postgresql" else driver.thread_id()
    other = threading.Thread(target=_kill, args=[number])
    other.start()
    other.join()


def _kill(number: int) -> None:
    with connection.cursor() as cursor:  # this thread's own
        cursor.execute(KILL[connection.vendor], [number])
        until(lambda: _is_gone(cursor, number), every=0.001)
    connection.close()


def _is_gone(cursor: Any, number: int) -> bool:
    cursor.execute(ALIVE[connection.vendor], [number])
    return bool(cursor.fetchone() == (0,))


class Killing:
    """Kills the connection at the moment ``at``, once."""

    def __init__(self, at: str) -> None:
        self.number, self.is_after = int(at.rstrip("+")), at.endswith("+")
        self.seen, self.is_done = 0, False

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.seen += 1
        is_now = self.seen == self.number
        if is_now and not self.is_after:
            self._kill()
        found = execute(*arguments)
        if is_now and self.is_after:
            self._kill()
        return found

    def _kill(self) -> None:
        self.is_done = True
        kill()


@contextmanager
def killing_before() -> Iterator[Callable[[], bool]]:
    kill()
    yield lambda: True


@contextmanager
def killing_at(at: str) -> Iterator[Callable[[], bool]]:
    killing = Killing(at)
    with connection.execute_wrapper(killing):
        yield lambda: killing.is_done


@contextmanager
def killing_the_commit() -> Iterator[Callable[[], bool]]:
    """The database commits, and the connection breaks before it can say so."""
    commit = connection.commit
    done: list[bool] = []

    def commit_unheard() -> None:
        if not done:
            done.append(True)
            commit()
            kill()
            raise OperationalError("server closed the connection unexpectedly")
        commit()

    connection.commit = commit_unheard  # type: ignore[method-assign]
    try:
        yield lambda: bool(done)
    finally:
        connection.commit = commit  # type: ignore[method-assign]


def killing(at: str) -> Any:
    if at == "0":
        return killing_before()
    return killing_the_commit() if at == "commit" else killing_at(at)


def site(application: Any) -> Any:
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        with killing(environ["HTTP_KILL_AT"]) as is_done:
            response = application(environ, start_response)
            content = b"".join(response)
            response.close()
            say("killed" if is_done() else "over")
        return [content]

    return answer


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Silent(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        return


def application(age: str, checks: str) -> Any:
    """The site, whose connections are of this age at most and are checked or not."""
    settings.DATABASES["default"] |= {
        "CONN_MAX_AGE": None if age == "None" else int(age),
        "CONN_HEALTH_CHECKS": checks == "True",
    }
    django.setup()
    from django.core.wsgi import get_wsgi_application

    return site(get_wsgi_application())


def for_gunicorn(age: str, checks: str, port: int) -> Any:
    """The site as a worker of gunicorn loads it, which listens already."""
    made = application(age, checks)
    say(str(port))
    return made


def serve(age: str, checks: str) -> None:
    server = make_server("127.0.0.1", 0, application(age, checks), handler_class=Silent)
    say(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
