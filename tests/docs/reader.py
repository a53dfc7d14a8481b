"""Somebody who reads a page of the documentation and does what it says, block by block."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from configparser import ConfigParser
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command, get_commands, load_command_class
from packaging.requirements import Requirement
from sybil import Document, Example, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.__main__ import _fill_in_credentials as fill_in_credentials
from django_front_channel.sandbox.__main__ import _options as sandbox_options
from django_front_channel.sandbox.server import serving
from tests.processes import run

if TYPE_CHECKING:
    from pytest_django import Settings
    from pytest_django.live_server_helper import LiveServer

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"# (\S+\.py)\n")
SITE, FRONT = "127.0.0.1:8000", "127.0.0.1:8090"
ENDLESS = {"runserver", "front_channel_worker"}
MAX_IMPORT_DELAY = 3600.0
PAGE_SETTINGS = """
from tests.testing.settings import *
from shop.settings import *
"""


class Reader:
    """``names`` is what the page's Python finds in its namespace; ``folder`` the host project being written."""

    def __init__(
        self,
        *,
        folder: Path,
        names: dict[str, Any],
        settings: Settings,
        environment: pytest.MonkeyPatch,
        site: LiveServer,
        resources: ExitStack,
    ) -> None:
        self.folder = folder
        self.names = names
        self.settings = settings
        self.environment = environment
        self.addresses = {SITE: site.url.removeprefix("http://")}
        self.resources = resources
        self.unread: list[str] = []
        self.sandbox: Sandbox | None = None

    def follow(self, page: Path) -> int:
        """Do what the page says, in order. Returns how many examples there were; one that fails, raises."""
        document = Document.parse(str(page), self._blocks)
        document.namespace.update(self.names)
        examples = list(document.examples())
        for example in examples:
            if self.sandbox:
                self.sandbox.run_until_quiet()  # the moment that a person takes
            example.evaluate()
        self.read_files()
        return len(examples)

    def _blocks(self, document: Document) -> Iterable[Region]:
        for region in FencedCodeBlockLexer(language=".*")(document):
            language = region.lexemes["language"].strip()
            source = region.lexemes["source"]
            if language.startswith("{") or language == "text":
                continue  # a directive, which the build checks; or a picture in letters
            if language == "python" and source.startswith(">>>"):
                for line in DocTestStringParser()(source, document.path):
                    line.adjust(region, source)
                    line.evaluator = self._type(line.evaluator)
                    yield line
                continue
            region.parsed = source
            evaluators = {
                "console": self._console,
                "json": self._json,
                "python": self._python,
                "sh": self._sh,
            }
            region.evaluator = evaluators.get(language, self._refuse)
            yield region

    def _refuse(self, example: Example) -> None:
        raise ValueError(f"Line {example.line}: nobody can try out a block of this language.")

    def _json(self, example: Example) -> None:
        json.loads(example.parsed)

    def _sh(self, example: Example) -> None:
        """Run a script, which may use gettext, if this machine has it."""
        if shutil.which("xgettext"):
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            done = run(["sh", "-ec", example.parsed], cwd=self.folder, env={"PATH": path})
            assert done.returncode == 0, done.output + done.complaints

    def _type(self, evaluate: Any) -> Any:
        """At the prompt of ``manage.py shell``."""

        def at_prompt(example: Example) -> Any:
            self.read_files()
            example.parsed.source = self._located(example.parsed.source)
            return evaluate(example)

        return at_prompt

    def _python(self, example: Example) -> None:
        """A block that begins with a file's name belongs into that file; any other is run."""
        named = FILE.match(example.parsed)
        if named:
            self._write(named[1], example.parsed)
        else:
            self.read_files()
            PythonEvaluator()(example)

    def _write(self, name: str, source: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        with path.open("a") as file:
            file.write(self._located(source))
        self.unread.append(name)

    def read_files(self) -> None:
        """Let Django read the files that were written since: settings first, then the modules."""
        names, self.unread = dict.fromkeys(self.unread), []
        importlib.invalidate_caches()
        for name in sorted(names, key=lambda name: (not name.endswith("settings.py"), name)):
            if name.endswith("settings.py"):
                self._apply(self.folder / name)
                continue
            module = name.removesuffix(".py").replace("/", ".")
            sys.modules.pop(module, None)
            importlib.import_module(module)
            if name.endswith("urls.py"):
                self.settings.ROOT_URLCONF = module

    def _apply(self, path: Path) -> None:
        """The database stays that of the test: a page's is only run, to see that it is Python."""
        others = [app for app in django_settings.INSTALLED_APPS if app != "django_front_channel"]
        values: dict[str, Any] = {"__file__": str(path), "INSTALLED_APPS": list(others)}
        exec(compile(path.read_text(), path, "exec"), values)
        if values["INSTALLED_APPS"] == others:
            del values["INSTALLED_APPS"]  # the page takes for granted that the app is installed
        for name, value in values.items():
            if name.isupper() and name != "DATABASES":
                setattr(self.settings, name, value)

    def _console(self, example: Example) -> None:
        for line in example.parsed.replace("\\\n", " ").splitlines():
            if not line.startswith("$ "):
                raise ValueError(f"Not a command: {line}")
            self._run(shlex.split(os.path.expandvars(line[2:]), comments=True))

    def _run(self, words: list[str]) -> None:
        match words:
            case ["export", assignment]:
                self.environment.setenv(*assignment.split("=", 1))
            case ["python", "-m", "pip", "install", "."]:
                pass  # the reader has the package from this repository
            case ["python", "-m", "pip", "install", name]:
                _check_requirement(Requirement(name))
            case ["python", "manage.py", name, *arguments]:
                self._manage(name, arguments)
            case ["python", "-m", "django_front_channel.sandbox", *arguments]:
                self.start_sandbox(arguments)
            case ["python", "-m", "pytest", *arguments]:
                self._test(arguments)
            case _:
                raise ValueError(f"Nobody can try out this command: {words}")

    def _manage(self, name: str, arguments: list[str]) -> None:
        """Run a command of Django's, or only parse its arguments when it would never end."""
        self.read_files()
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(arguments)
        if name not in ENDLESS or "--once" in arguments:
            call_command(command, *arguments, stdout=io.StringIO(), stderr=io.StringIO())

    def _test(self, arguments: list[str]) -> None:
        """Run the page's tests in a process of their own, with its settings."""
        (self.folder / "page_settings.py").write_text(PAGE_SETTINGS)
        plugins = ["-ppytest_django.plugin", "-pno:cacheprovider"]
        done = run(
            [
                sys.executable,
                "-m",
                "pytest",
                *plugins,
                "--no-migrations",
                "-Werror",
                "--log-cli-level=DEBUG",
                *arguments,
            ],
            cwd=self.folder,
            env={
                "DJANGO_SETTINGS_MODULE": "page_settings",
                "PYTHONPATH": f"{self.folder}:{ROOT}",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
        )
        assert done.returncode == 0, done.output + done.complaints

    def start_sandbox(self, arguments: list[str]) -> Sandbox:
        """The sandbox on a free port, in this process; imports happen between two blocks."""
        options = sandbox_options(arguments)
        fill_in_credentials(options)
        self.sandbox = Sandbox(
            app_uid=options.app_uid,
            app_secret=options.app_secret,
            webhook_url=self._located(options.webhook_url),
            import_delay=MAX_IMPORT_DELAY,
        )
        address = self.resources.enter_context(serving(self.sandbox))
        self.addresses[FRONT] = address.removeprefix("http://")
        self.settings.FRONT_CHANNEL_API_URL = address
        return self.sandbox

    def _located(self, text: str) -> str:
        """The text with the addresses at which site and sandbox really are."""
        for written, actual in self.addresses.items():
            text = text.replace(written, actual)
        return text


def _check_requirement(requirement: Requirement) -> None:
    package = ConfigParser()
    package.read(ROOT / "setup.cfg")
    assert requirement.name == package["metadata"]["name"]
    assert requirement.extras <= set(package["options.extras_require"])
