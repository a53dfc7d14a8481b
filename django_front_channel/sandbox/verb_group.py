"""The base of the classes whose public methods are the verbs of the sandbox."""

from __future__ import annotations

from .company import Company


class VerbGroup:
    """Verbs that act on one company.

    Each public method is a method of :class:`~django_front_channel.sandbox.Sandbox`, and a POST of the control calls it
    by its name. The first line of its docstring is its row in the reference.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
