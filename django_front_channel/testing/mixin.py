"""``self.front`` for test cases of Django."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unittest import TestCase

    from django_front_channel.testing.front import Front
else:
    TestCase = object


class FrontMixin(TestCase):
    """Put it before ``TestCase`` or ``TransactionTestCase``: ``self.front`` is a Front of the test's own."""

    front: Front

    def setUp(self) -> None:
        from django_front_channel.testing.front import in_process  # the tables need Django to be set up

        super().setUp()
        self.front = self.enterContext(in_process())
