"""The pytest plugin, which provides the fixture ``front``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django_front_channel.testing.front import Front


@pytest.fixture
def front(db: None) -> Iterator[Front]:
    """Provide a Front in this process for one test. Add ``transactional_db`` to test real transactions."""
    from django_front_channel.testing.front import in_process  # the tables need Django to be set up

    with in_process() as front:
        yield front
