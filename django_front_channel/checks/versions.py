"""A check for releases of other packages with a known vulnerability in code that this package uses.

``setup.cfg`` refuses the same releases, but a lock file, a mirror or a forced upgrade may still install one.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from django.core.checks import CheckMessage

from django_front_channel.checks.problems import problem

Release = tuple[int, ...]

# The first safe release of each series, oldest series first. Later series are safe. Earlier series get no fixes.
SAFE: dict[str, tuple[Release, ...]] = {
    # Bodies, headers and files of requests; HTML and filters in the admin.
    "Django": ((5, 2, 19), (6, 0, 10), (6, 1, 3)),
    # Tokens, which the sandbox reads: deep nesting, keys of the wrong type.
    "PyJWT": ((2, 15),),
    # Certificates unpacked to a place that others can write to, credentials for a crafted URL.
    "requests": ((2, 33),),
    # Responses that do not end: chunk sizes, compressed bodies.
    "urllib3": ((2, 8),),
}


def check_versions() -> list[CheckMessage]:
    """Check the installed releases, without importing the packages."""
    return [
        problem(
            "W011", f"Install {name} {_dotted(_fixed_in(name, running))} or newer.", place=f"{name} {found}"
        )
        for name in SAFE
        if (found := _installed(name)) and not is_safe(name, running := _release(found))
    ]


def is_safe(name: str, running: Release) -> bool:
    """Return whether this release has all known fixes of its series."""
    return running >= _fixed_in(name, running)


def _fixed_in(name: str, running: Release) -> Release:
    """Return the first safe release of this series, or of the next series with one."""
    later = [first for first in SAFE[name] if first[:2] >= running[:2]]
    return later[0] if later else SAFE[name][-1]


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _release(found: str) -> Release:
    """Return the numbers at the beginning of a version. A pre-release counts as its release."""
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", found)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()


def _dotted(release: Release) -> str:
    return ".".join(map(str, release))
