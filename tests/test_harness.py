"""The suite's own promises: the network is closed, and a test's processes share its database."""

import socket
import sys

import pytest
from django.contrib.auth import get_user_model
from pytest_socket import SocketConnectBlockedError

from tests.processes import run

READ_NAMES = """
import django
django.setup()
from django.contrib.auth import get_user_model
print(*get_user_model().objects.values_list("username", flat=True))
get_user_model().objects.create(username="written by the child")
"""


def test_the_network_is_closed() -> None:
    with socket.socket() as connection, pytest.raises(SocketConnectBlockedError):
        connection.connect(("192.0.2.1", 443))


def test_a_process_shares_the_database_of_the_test(child_environment: dict[str, str]) -> None:
    users = get_user_model().objects
    users.create(username="written by the test")

    child = [sys.executable, "-W", "error", "-c", READ_NAMES]
    done = run(child, env=child_environment)

    assert (done.returncode, done.output) == (0, "written by the test\n"), done.complaints
    assert users.filter(username="written by the child").exists()
