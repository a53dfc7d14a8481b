"""Every example of the documentation works, in the order in which a reader meets them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path

import pytest
from django.core.management import CommandError
from sybil.example import SybilFailure

from django_front_channel.models import Message, OutboxEntry
from django_front_channel.sandbox.records import TEAMMATES
from tests.processes import until

from .pages import DOCS, PAGES
from .reader import Reader

pytestmark = pytest.mark.once

QUICKSTART = DOCS / "quickstart.md"
FAILING_TEST = """```python
# shop/settings.py
```

```python
# shop/test_shop.py
def test_the_shop():
    assert 1 + 1 == 3
```

"""


@pytest.fixture
def shop_log() -> Iterator[list[tuple[str, str]]]:
    """What the shop logs, by logger. The page configures the root logger, which takes caplog's handler away."""
    lines: list[tuple[str, str]] = []

    class Note(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.name, record.getMessage()))

    logger, handler, level = logging.getLogger("shop"), Note(), logging.getLogger("shop").level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_quickstart_leads_to_a_round_trip(reader: Reader, shop_log: list[tuple[str, str]]) -> None:
    reader.follow(QUICKSTART)

    states = dict(Message.objects.exclude(external_id="chat-2").values_list("source", "state"))
    assert states == {"host": "imported", "teammate": "delivered"}
    assert reader.sandbox is not None
    conversation = reader.sandbox.snapshot()["conversations"][0]
    assert [message["status"] for message in conversation["messages"]] == ["imported", "sent", "failed"]
    announced = OutboxEntry.objects.exclude(message__external_id="chat-2")
    until(lambda: not announced.unsettled().exists())
    # Two threads of the site run the receivers, in no order.
    assert {line for name, line in shop_log if name == "shop.receivers"} == {
        f"Front has chat-1, in {conversation['id']}",
        f"{TEAMMATES[0].first_name} {TEAMMATES[0].last_name} replied in {conversation['id']}",
    }
    assert "To ana-17: It left today." in [line for _, line in shop_log]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != QUICKSTART], ids=lambda page: str(page.relative_to(DOCS))
)
def test_the_examples_of_a_page_work(connected: Reader, page: Path) -> None:
    connected.follow(page)


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ("```python\n1 / 0\n```", ZeroDivisionError),
        ("```python\n>>> 1 + 1\n3\n```", SybilFailure),
        ("```python\n# shop/settings.py\nFRONT_CHANNEL_APPS = {\n```", SyntaxError),
        ("```python\n# shop/broken.py\nimport nothing_of_this_name\n```", ModuleNotFoundError),
        ("```console\n$ python manage.py front_channel_worker --no-such-option\n```", CommandError),
        ("```console\n$ python manage.py no_such_command\n```", KeyError),
        ("```console\n$ python -m django_front_channel.sandbox --no-such-option\n```", SystemExit),
        ("```console\n$ python -m pip install django-front-channel[nothing]\n```", AssertionError),
        (f"{FAILING_TEST}```console\n$ python -m pytest\n```", AssertionError),
        ("```console\n$ rm -r /\n```", ValueError),
        ("```console\nno prompt\n```", ValueError),
        ("```json\n{'a': 1}\n```", JSONDecodeError),
        ("```\nno language\n```", ValueError),
        ("```ruby\nputs 1\n```", ValueError),
    ],
)
def test_a_wrong_example_is_noticed(
    reader: Reader, tmp_path: Path, block: str, error: type[BaseException]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n{block}\n")

    with pytest.raises(error):
        reader.follow(page)


def test_every_example_is_counted(reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\na = 1\n```\n\n```python\n>>> a\n1\n>>> a + 1\n2\n```\n\n```json\n{}\n```\n")

    assert reader.follow(page) == 4
