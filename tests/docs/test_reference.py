"""The tables of the reference name what the code has: nothing is missing, and nothing is invented."""

from __future__ import annotations

import inspect
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class
from django.db.models import Model
from django.dispatch import Signal

from django_front_channel import conf, models, services, signals
from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.models.outbox import OutboxEntry
from django_front_channel.sandbox import __main__
from django_front_channel.services import retention
from django_front_channel.services.verbs import CATALOGUE, SERVICES
from docs.generated import control_rows, operation_rows, signal_rows, up_to_date, verb_rows
from tests.processes import run
from tests.services.every import is_service

from .pages import DOCS, names, table, text_of

PUBLIC = [getattr(services, name) for name in services.__all__]
VERBS = [*filter(inspect.ismodule, PUBLIC), retention]
MODELS = [getattr(models, name) for name in models.__all__ if name != "Fact"]


def test_every_generated_part_is_up_to_date() -> None:
    """In a process of its own, because other tests change the catalogues that the pages are made from."""
    checked = run(
        [sys.executable, "-m", "docs", "--check"], cwd=DOCS.parent, env={"PYTHONPATH": str(DOCS.parent)}
    )

    assert checked.returncode == 0, checked.complaints


def test_a_generated_part_is_written_again_and_nothing_else() -> None:
    page = "Before\n\n<!-- generated: checks -->\nbefore\n<!-- end of generated -->\n\nAfter\n"

    written = up_to_date(page)

    assert written.startswith("Before\n\n<!-- generated: checks -->\n\n| id | meaning |\n")
    assert written.endswith("\n\n<!-- end of generated -->\n\nAfter\n")
    assert "\nbefore\n" not in written
    assert up_to_date(written) == written


def test_a_page_shows_all_verbs_of_a_module_without_their_names() -> None:
    page = "<!-- generated: django_front_channel.services.calls: * -->\n<!-- end of generated -->"

    shown = re.findall(r"^## `calls\.(\w+)`$", up_to_date(page), re.MULTILINE)

    assert shown == ["create", "update", "add_recording", "add_summary", "add_transcript"]
    assert str(services.calls.__doc__).splitlines()[0] not in up_to_date(page)


def test_each_key_stands_under_the_setting_that_it_belongs_to() -> None:
    sections = re.findall(
        r"^## (FRONT_CHANNEL_\w+)\n(.*?)(?=^## |\Z)",
        text_of("reference/settings.md"),
        re.MULTILINE | re.DOTALL,
    )
    keys = {name: re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) for name, text in sections}

    assert {name: found for name, found in keys.items() if found} == {
        "FRONT_CHANNEL_OUTBOX": [each.name.upper() for each in fields(conf.Outbox)],
        "FRONT_CHANNEL_RETENTION": [each.name.upper() for each in fields(conf.Retention)],
    }


def test_every_signal_has_a_row_and_every_argument_its_meaning() -> None:
    rows = {
        names(signal)[0]: (names(sender), names(arguments), when)
        for signal, sender, arguments, when in signal_rows()
    }
    public = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    page = text_of("reference/signals.md")
    explained = {name for line in re.findall(r"^(`.+)\n: ", page, re.MULTILINE) for name in names(line)}

    assert rows.keys() == public
    assert {name for _sender, arguments, _when in rows.values() for name in arguments} == {
        *explained,
        "created",
    }
    assert rows["message_delivered"] == (
        ["Message"],
        ["channel", "message"],
        signals.message_delivered.meaning,
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_described(model: type[Model]) -> None:
    rows = table("reference/models.md", "field", model.__name__)
    documented = [name for row in rows for name in names(row[0])]

    assert sorted(documented) == sorted(field.name for field in model._meta.fields if field.name != "id")


@pytest.mark.parametrize(
    "model", [model for model in MODELS if hasattr(model, "State")], ids=lambda model: model.__name__
)
def test_every_state_has_its_meaning(model: type[Model]) -> None:
    rows = table("reference/models.md", "state", model.__name__)

    assert [names(state)[0] for state, _meaning in rows] == list(model.State)  # type: ignore[attr-defined]
    assert all(meaning for _state, meaning in rows)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_unique_field_is_said_to_be_unique(model: type[Model]) -> None:
    keys = [set(constraint.fields) for constraint in model._meta.constraints]  # type: ignore[attr-defined]
    keys += [{field.name} for field in model._meta.fields if field.unique and field.name != "id"]
    rows = table("reference/models.md", "field", model.__name__)
    unique = [set(names(field)) for field, meaning in rows if "unique" in meaning]

    # "Within the channel" stands for the key's first column.
    assert sorted(
        map(sorted, (key | {"channel"} if {"channel"} | key in keys else key for key in unique))
    ) == (sorted(map(sorted, keys)))


def test_every_kind_of_entry_is_named() -> None:
    rows = table("reference/models.md", "field", "OutboxEntry")

    assert names(next(meaning for field, meaning in rows if field == "`kind`")) == list(OutboxEntry.Kind)


@pytest.mark.parametrize("module", VERBS, ids=lambda module: module.__name__)
def test_every_service_is_in_the_reference(module: ModuleType) -> None:
    own = [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    verbs = {
        name
        for name in getattr(module, "__all__", own)
        if is_service(getattr(module, name)) and not name.startswith("_")
    }
    section = text_of("reference/services.md", module.__name__.rpartition(".")[2].capitalize())

    documented = set(re.findall(r"^### `\w+\.(\w+)`$", section, re.MULTILINE))
    assert documented == verbs


def test_every_resource_group_of_the_client_is_in_the_reference() -> None:
    classes = re.findall(r"^### `(\w+)`$", text_of("reference/client.md", "Groups"), re.MULTILINE)

    assert {name.lower() for name in classes} - {"frontclient"} == {
        made.group for made in OPERATIONS.values()
    }


def test_every_operation_has_a_row_with_the_services_that_make_use_of_it() -> None:
    rows = [[names(cell) for cell in row] for row in operation_rows()]

    assert [operation for operation, *_ in rows] == [[name] for name in OPERATIONS]
    for _operation, _method, made_by, _route in rows:
        assert made_by
        assert all(is_service(attrgetter(name)(services)) for name in made_by)
    assert SERVICES.keys() == OPERATIONS.keys()


def test_every_verb_has_a_row() -> None:
    rows = {names(name)[0]: rest for name, *rest in verb_rows()}

    assert rows.keys() == CATALOGUE.keys()
    about, arguments, order, unknown = rows["conversations.add_comment"]
    assert (names(about), names(arguments)) == (
        ["Conversation"],
        ["body", "author_id", "is_pinned", "attachments"],
    )
    assert (order, unknown) == ("the thread's", "given up")
    assert rows["calls.update"][2:] == ["its own, by `external_call_id`", "repeated"]


def test_every_command_and_option_is_described() -> None:
    ours = [name for name, app in get_commands().items() if app == "django_front_channel"]
    assert ours

    for name in ours:
        command = load_command_class("django_front_channel", name)
        parser = command.create_parser("manage.py", name)
        plain = BaseCommand().create_parser("manage.py", name)
        own = set(_options_of(parser))
        own -= {option for action in plain._actions for option in action.option_strings}
        rows = table("reference/commands.md", "option", name)

        assert {names(option)[0] for option, _meaning in rows} == own


def _options_of(parser: ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        for inner in action.choices.values() if isinstance(action.choices, dict) else ():
            if isinstance(inner, ArgumentParser):
                yield from _options_of(inner)


def test_every_option_of_the_sandbox_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__._options(["--help"])
    rows = table("reference/commands.md", "option", "The sandbox")

    options = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    assert {names(option)[0] for option, _meaning in rows} == options


def test_every_request_of_the_control_says_what_it_does() -> None:
    rows = {names(request)[0]: (names(arguments), meaning) for request, arguments, meaning in control_rows()}

    assert rows["POST /_sandbox/cut_next"][0] == ["carried_out", "count"]
    assert all(meaning for _arguments, meaning in rows.values())


def test_every_setting_has_its_docstring_for_the_reference() -> None:
    read = re.findall(r'django_settings, "(FRONT_CHANNEL_\w+)"', Path(conf.__file__).read_text())
    properties = [value for value in vars(conf.Conf).values() if isinstance(value, property)]
    documented = [re.match(r"``(FRONT_CHANNEL_\w+)``: ", value.__doc__ or "") for value in properties]

    assert [found[1] for found in documented if found] == read


def test_the_layout_shows_every_room() -> None:
    package = Path(conf.__file__).parent
    entries = {path.name + "/" * path.is_dir() for path in package.iterdir() if path.name != "__pycache__"}
    rooms = text_of("contributing/layout.md", "The rooms")

    # Folders without code go without saying.
    assert {entry for entry in entries if not re.search(rf"^  {re.escape(entry)} ", rooms, re.MULTILINE)} <= {
        *("py.typed", "templates/", "static/", "locale/")
    }


def test_the_layout_shows_the_import_contract() -> None:
    package = ConfigParser()
    package.read(DOCS.parent / "setup.cfg")
    layers = package["importlinter:contract:rooms"]["layers"].strip().splitlines()
    shown = text_of("contributing/layout.md", "Who may import whom").split("```text\n")[1].split("\n```")[0]

    assert shown.splitlines() == [re.sub(r"[()]", "", layer).replace("|", "·") for layer in layers]


def test_each_file_in_the_table_of_changes_exists_and_has_what_is_said_to_be_in_it() -> None:
    def found(path: str) -> Path:
        in_package = Path(conf.__file__).parent / path
        return in_package if in_package.exists() else DOCS.parent / path

    wrong: list[str] = []
    for cell in (cell for row in table("contributing/layout.md", "you add") for cell in row):
        paths = {name for name in names(cell) if "/" in name or name.endswith(".py")}
        missing = {path for path in paths if not found(path).exists()}
        wrong += missing
        for stated, path in re.findall(r"((?:`\w+`(?:, | and | or )?)+) (?:of|in) `([\w/]+\.py)`", cell):
            if path not in missing:
                wrong += [name for name in names(stated) if name not in found(path).read_text()]

    assert wrong == []
