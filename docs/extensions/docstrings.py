"""Show the package's docstrings as they are meant.

They are written to be read in the source: arguments stand in columns, and drawings are indented.
"""

import re
from typing import Any

from django.db.models import Model
from sphinx.application import Sphinx

from django_front_channel.client.operations import ResourceGroup

COLUMNS = re.compile(r"^(``.+``) {2,}(\S.*)$")
BORDERS = "├└│"


def reshape(*arguments: Any) -> None:
    """Turn columns into lists, and drawings into literal blocks, in place: in the last argument, the lines."""
    lines: list[str] = arguments[-1]
    lines[:] = _drawings([COLUMNS.sub(r"* \1: \2", line) for line in lines])


def _drawings(lines: list[str]) -> list[str]:
    if not any(border in line for line in lines for border in BORDERS):
        return lines
    first = next(index for index, line in enumerate(lines) if line.startswith("    "))
    return [*lines[:first], "::", "", *lines[first:]]


def sign(app: Sphinx, what: str, name: str, obj: Any, *rest: Any) -> tuple[str | None, str | None] | None:
    """Leave out what a caller has no use for: how models are made, and what the client's methods are built of."""
    _options, signature, returned = rest
    if what == "class" and issubclass(obj, Model | ResourceGroup):
        return "", None
    return (signature, None) if returned and returned.endswith("Request") else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", reshape)
    app.connect("autodoc-process-signature", sign)
    return {"parallel_read_safe": True}
