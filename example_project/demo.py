"""Plays one message to Front and one back, with a sandbox for Front, the shop and its worker on this machine.

Run it with ``make demo``. The pages stay up until Ctrl-C. ``ONCE=1`` ends the demo after the round trip, with status 0,
or with status 1 and the name of the step that failed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .processes import Children, StepFailed, Stopped, free_port
from .story import Story


def main() -> int:
    """Play the demo, and leave the pages running unless ``ONCE`` is set. Returns the exit status."""
    shop_url, front_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with tempfile.TemporaryDirectory(prefix="front-channel-demo-") as folder:
        environment = {
            "DJANGO_SETTINGS_MODULE": "example_project.settings",
            "FRONT_CHANNEL_API_URL": front_url,
            "SHOP_DATABASE": str(Path(folder) / "shop.sqlite3"),
            "SHOP_MEDIA": str(Path(folder) / "media"),
        }
        os.environ.update(environment)  # because the demo itself uses the shop's database
        with Children(Path(folder), environment) as children:
            return run(Story(children, shop_url=shop_url, front_url=front_url), children)


def run(story: Story, children: Children) -> int:
    is_complete = False
    try:
        play(story)
        is_complete = True
        if os.environ.get("ONCE", "0") in ("", "0"):
            show_addresses(story)
            children.watch()
    except Stopped:
        return 0 if is_complete else 130
    except StepFailed as failure:
        tell_failure(failure, children)
        return 1
    return 0


def play(story: Story) -> None:
    """Take the steps in order, and print what each step saw. Raises ``StepFailed`` and ``Stopped``."""
    began = time.monotonic()
    print("One message to Front and one back. A sandbox stands in for Front.\n")
    for step in story.steps():
        first, *more = take(step).splitlines()
        print(f"  {time.monotonic() - began:5.1f} s  ok  {step.__name__:<9} {first}")
        for line in more:
            print(f"{'':25}{line}")
        sys.stdout.flush()
    print(f"\nThe round trip is complete after {time.monotonic() - began:.1f} s.", flush=True)


def take(step: Callable[[], str]) -> str:
    """Take one step. Raises ``StepFailed`` with the step's name for any error, and ``Stopped``."""
    try:
        return step()
    except Stopped:
        raise
    except StepFailed as failure:
        raise StepFailed(f"at the step '{step.__name__}': {failure}", failure.child) from failure
    except Exception as error:
        raise StepFailed(f"at the step '{step.__name__}': {type(error).__name__}: {error}") from error


def tell_failure(failure: StepFailed, children: Children) -> None:
    print(f"\nFAILED {failure}", file=sys.stderr)
    lines = children.last_lines(failure.child) if failure.child else []
    if lines:
        print(f"\nThe last lines of the {failure.child}:", file=sys.stderr)
        print("\n".join(f"  | {line}" for line in lines), file=sys.stderr)


def show_addresses(story: Story) -> None:
    print(
        f"""
Everything keeps running until you press Ctrl-C. Start here:

  {story.shop_url}/

  the customer's chat  {story.chat_url}
  the team's inbox     {story.front_url}/
  the shop's admin     {story.shop_url}/admin/  (user demo, password demo)
  to reply from a shell
    {story.reply_command()}
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
