"""Sphinx settings. Reference pages are made from the package's docstrings, so the host settings are needed."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "extensions")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django  # noqa: E402

django.setup()

from django_front_channel import __version__  # noqa: E402

project = "django-front-channel"
author = "The django-front-channel developers"
copyright = f"2026, {author}"
release = version = __version__

extensions = [
    "docstrings",
    "generated",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
nitpicky = True
# Nothing outside the package is documented here, and the build must not need the network to look it up.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!django_front_channel).*"),
    (
        r"py:.*",
        r"django_front_channel\.sandbox\.(assumptions|behaviour|company|records|webhook_sender)\..*",
    ),
]
add_module_names = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

html_theme = "furo"
html_title = f"{project} {release}"
