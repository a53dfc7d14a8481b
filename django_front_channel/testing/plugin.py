"""The fixture ``front`` of pytest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django_front_channel.testing.front import Front


@pytest.fixture
def front(db: None) -> Iterator[Front]:
    """A Front in this process, for one test; with ``transactional_db`` if the test asks for that."""
    from django_front_channel.testing.front import in_process  # the tables need Django to be set up

    with in_process() as front:
        yield front
