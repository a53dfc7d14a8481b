"""Writes the generated parts of the reference. ``python -m docs --check`` only names a stale page."""

import argparse
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from .generated import stale_pages  # noqa: E402

parser = argparse.ArgumentParser(prog="python -m docs")
parser.add_argument("--check", action="store_true", help="change nothing, and fail if a page is stale")
check = parser.parse_args().check
for page, text in stale_pages():
    if check:
        sys.exit(f"{page} is stale. Run `make reference`, and commit what it writes.")
    page.write_text(text, encoding="utf-8")
