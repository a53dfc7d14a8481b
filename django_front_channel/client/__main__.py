"""The command line: ``python -m django_front_channel.client --operations`` lists the client's operations."""

from __future__ import annotations

import argparse
import sys

from .all_operations import OPERATIONS


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m django_front_channel.client", description="The client for Front's API."
    )
    parser.add_argument(
        "--operations",
        action="store_true",
        required=True,
        help="list each of Front's operations with its HTTP method, its path and the client's method",
    )
    parser.parse_args()
    rows = [
        (operation.id, operation.method, operation.path, f"{operation.group}.{operation.name}")
        for operation in OPERATIONS.values()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{line.rstrip()}\n")


if __name__ == "__main__":
    main()
