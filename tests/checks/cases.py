"""Values that a setting may not have, with the problem that is reported, and values that it may have."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage
from pytest_django import Settings

from tests.checks.host import never_called

SECRET = "0123456789abcdef0123456789abcdef"
APP = {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": SECRET}
HOST = "tests.checks.host"
PUBLIC_URL = "https://shop.example.com"


@dataclass
class Case:
    number: str
    bad: dict[str, Any]
    hint: str
    good: dict[str, Any] = field(default_factory=dict)


def setting(number: str, name: str, bad: list[Any], good: list[Any], hint: str) -> list[Case]:
    """A case for each bad value, the first of them with all good ones."""
    name = f"FRONT_CHANNEL_{name}"
    return [
        *(Case(number, {name: value}, hint) for value in bad),
        *(Case(number, {name: bad[0]}, hint, {name: value}) for value in good),
    ]


def app(number: str, key: str, bad: list[Any], good: list[Any], hint: str) -> list[Case]:
    values = [{"default": {**APP, key: value}} for value in bad]
    return setting(number, "APPS", values, [{"default": {**APP, key: value}} for value in good], hint)


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [problem.id for problem in found]


def put(settings: Settings, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


def name_of(case: Case) -> str:
    """The same in every process, which a function's address is not."""
    return re.sub(r" at 0x\w+", "", f"{case.number} {case.bad} {case.good}")[:80]


CASES = [
    *setting("E001", "API_TIMOUT", [10], [], "Write FRONT_CHANNEL_API_TIMEOUT."),
    *setting("E001", "api_url", ["https://api2.frontapp.com"], [], "Write FRONT_CHANNEL_API_URL."),
    *setting("E001", "XYZ", [1], [], "Remove it, or write one of FRONT_CHANNEL_APPS, "),
    *setting("E002", "APPS", [None, ["default"], 5], [{}, {"default": APP}], "Write FRONT_CHANNEL_APPS = {"),
    *setting(
        "E003",
        "APPS",
        ["shop.nowhere.apps", "nothing", f"{HOST}.NOTHING", f"{HOST}.absent"],
        [f"{HOST}.never_called"],
        'Write FRONT_CHANNEL_APPS = "package.module.function"',
    ),
    *setting(
        "E004",
        "APPS",
        [{alias: APP} for alias in ("a b", "", "über", "a/b", "x" * 65, 5, "shop\n")],
        [{alias: APP} for alias in ("shop", "Shop_2-b", "x" * 64)],
        'Write FRONT_CHANNEL_APPS = {"default": ',
    ),
    *setting("E005", "APPS", [{"default": None}, {"default": "secret"}], [], '{"default": {"APP_UID": '),
    *app("E006", "APP_SECRETS", [SECRET], [], "Write APP_SECRET."),
    *app("E006", "handler", [f"{HOST}.Silent"], [], "Write HANDLER."),
    *app("E007", "APP_UID", [None, 5, " uid", "uid\n"], ["uid"], "Write 'APP_UID': "),
    *setting("E007", "APPS", [{"default": {"APP_SECRET": SECRET}}], [], "Write 'APP_UID': "),
    *app(
        "E008",
        "APP_SECRET",
        [None, 5, [], f"{SECRET}\n", [SECRET, ""], [SECRET, None], [f" {SECRET}"], SECRET.encode()],
        [SECRET, [SECRET], (SECRET, SECRET[::-1]), ""],
        "Write 'APP_SECRET': ",
    ),
    *setting("E008", "APPS", [{"default": {"APP_UID": "uid"}}], [], "Write 'APP_SECRET': "),
    *app(
        "E009", "HANDLER", [f"{HOST}.Absent", "shop.nowhere.Handler", "Handler", 5], [], "Write 'HANDLER': "
    ),
    *app(
        "E010", "HANDLER", [f"{HOST}.NoHandler"], [f"{HOST}.Silent"], "Write class NoHandler(ChannelHandler)."
    ),
    *app("E010", "HANDLER", [f"{HOST}.never_called"], [], "Write class never_called(ChannelHandler)."),
    *app(
        "E011",
        "HANDLER",
        [f"{HOST}.Awaited"],
        [f"{HOST}.Delivering", ""],
        "Write def deliver, without async.",
    ),
    *app(
        "E012",
        "CONTACT_TYPE",
        ["sms", 5],
        ["custom", "email", "phone", None],
        "Write 'CONTACT_TYPE': 'custom'.",
    ),
    *app(
        "E013",
        "API_URL",
        ["http://front.example.com", "api2.frontapp.com"],
        ["http://localhost:8090", None],
        "Write 'API_URL': 'https://api2.frontapp.com'.",
    ),
    *setting(
        "E014",
        "API_URL",
        [
            "http://front.example.com",
            "api2.frontapp.com",
            "ftp://api2.frontapp.com",
            "https://",
            "https://user:word@api2.frontapp.com",
            "https://api2.frontapp.com?a=b",
            "https://api2.frontapp.com/#a",
            "https://api2.frontapp.com\n",
            "https://api2.frontapp.com:port",
            "http://127.0.0.1.example.com",
            None,
        ],
        ["https://front.example.com/eu/", "http://127.0.0.1:8090", "http://[::1]:8090", "http://localhost"],
        "Write FRONT_CHANNEL_API_URL = 'https://api2.frontapp.com'.",
    ),
    *setting(
        "E015",
        "PUBLIC_URL",
        ["shop.example.com", "https://shop.example.com/front/", "", 5, "//shop.example.com"],
        [None, PUBLIC_URL, f"{PUBLIC_URL}/", "http://localhost:8000"],
        "Write FRONT_CHANNEL_PUBLIC_URL = 'https://shop.example.com'.",
    ),
    *setting(
        "E016",
        "API_TIMEOUT",
        [0, -1, "10", None, True, 121, float("nan"), timedelta(0)],
        [0.5, 20, timedelta(seconds=5)],
        "Write FRONT_CHANNEL_API_TIMEOUT = 10.",
    ),
    *setting(
        "E017",
        "JWT_LIFETIME",
        [0.9, 30.1, timedelta(minutes=1), "20"],
        [1, 30, timedelta(seconds=30)],
        "Write FRONT_CHANNEL_JWT_LIFETIME = 20.",
    ),
    *setting(
        "E018",
        "WEBHOOK_TOLERANCE",
        [29, 901, timedelta(hours=1), None],
        [30, 900, timedelta(minutes=5)],
        "Write FRONT_CHANNEL_WEBHOOK_TOLERANCE = 300.",
    ),
    *setting(
        "E019",
        "WEBHOOK_MAX_BYTES",
        [1023, 2048.0, "1048576", True],
        [1024, 2621440],
        "Write FRONT_CHANNEL_WEBHOOK_MAX_BYTES = 1048576.",
    ),
    Case(
        "E020",
        {"DATA_UPLOAD_MAX_MEMORY_SIZE": 1048575},
        "Write DATA_UPLOAD_MAX_MEMORY_SIZE = 1048576",
        {"DATA_UPLOAD_MAX_MEMORY_SIZE": 1048576},
    ),
    Case(
        "E020",
        {"FRONT_CHANNEL_WEBHOOK_MAX_BYTES": 2621441},
        "Write DATA_UPLOAD_MAX_MEMORY_SIZE = 2621441",
        {"FRONT_CHANNEL_WEBHOOK_MAX_BYTES": 2621441, "DATA_UPLOAD_MAX_MEMORY_SIZE": None},
    ),
    *setting(
        "E021",
        "WAKE_UP",
        ["shop.nowhere.wake_up", f"{HOST}.NOTHING", never_called, ""],
        [None, f"{HOST}.never_called"],
        'Write FRONT_CHANNEL_WAKE_UP = "package.module.function"',
    ),
    *setting(
        "E022",
        "ATTACHMENT_STORAGE",
        ["media", None],
        ["default", "staticfiles"],
        "Write FRONT_CHANNEL_ATTACHMENT_STORAGE = 'default', or add the alias.",
    ),
    *setting(
        "E023", "OUTBOX", [None, 30, [("LEASE", 30)]], [{}], "Write FRONT_CHANNEL_OUTBOX = {'LEASE': 30}."
    ),
    *setting("E024", "OUTBOX", [{"LEASES": 30}, {"lease": 30}], [{"LEASE": 30}], "Write LEASE."),
    *setting(
        "E025",
        "OUTBOX",
        [{"LEASE": value} for value in (0, "30", 3601, None)],
        [{"LEASE": value} for value in (11, 3600, timedelta(minutes=1))],
        "Write 'LEASE': 30.",
    ),
    *setting(
        "E026",
        "OUTBOX",
        [{"BATCH": value} for value in (0, 10001, 1.5, True)],
        [{"BATCH": value} for value in (1, 10000)],
        "Write 'BATCH': 100.",
    ),
    *setting(
        "E041",
        "OUTBOX",
        [{"SLOTS": value} for value in (0, 1001, 1.5, True)],
        [{"SLOTS": value} for value in (1, 1000)],
        "Write 'SLOTS': 24.",
    ),
    *setting(
        "E027",
        "OUTBOX",
        [{"MAX_AGE": value} for value in (0, timedelta(days=-1), float("inf"), "3 days")],
        [{"MAX_AGE": value} for value in (31, timedelta(days=30))],
        "Write 'MAX_AGE': 259200.",
    ),
    *setting(
        "E028",
        "OUTBOX",
        [{"BACKOFF": value} for value in (1, (1,), (1, 2, 3), (0, 600), (600, 1), (1, 86401), ("1", 2))],
        [{"BACKOFF": value} for value in ((1, 600), [5, 5], (timedelta(seconds=1), timedelta(days=1)))],
        "Write 'BACKOFF': (1, 600).",
    ),
    *setting("E029", "OUTBOX", [{"LEASE": 10.9}], [{"LEASE": 11}], "Write 'LEASE': 33."),
    *setting("E029", "API_TIMEOUT", [timedelta(seconds=29.5)], [29], "Write 'LEASE': 91.5."),
    *setting("E030", "OUTBOX", [{"MAX_AGE": 30}], [{"MAX_AGE": 30.1}], "Write 'MAX_AGE': 259200."),
    *setting("E031", "RETENTION", [None, 30], [{}], "Write FRONT_CHANNEL_RETENTION = {'OUTBOX_ENTRIES': "),
    *setting("E032", "RETENTION", [{"WEBHOOK_BODY": 30}], [], "Write WEBHOOK_BODIES."),
    *setting(
        "E033",
        "RETENTION",
        [{"WEBHOOK_BODIES": value} for value in (-1, None, "30", timedelta.max)],
        [{"WEBHOOK_BODIES": value} for value in (0, timedelta(days=36525))],
        "Write 'WEBHOOK_BODIES': 2592000.",
    ),
    *setting(
        "E034",
        "RETENTION",
        [{"OUTBOX_ENTRIES": value} for value in (-1, None, "30")],
        [{"OUTBOX_ENTRIES": value} for value in (0, timedelta(days=1))],
        "Write 'OUTBOX_ENTRIES': 2592000.",
    ),
    *app("E036", "LANGUAGE", ["klingon", 7], ["de", "en", None], "Write 'LANGUAGE': 'en'."),
    *app(
        "E043",
        "DELAY_NOTICE",
        [0, -1, "1 h", True],
        [60, timedelta(days=2), None],
        "Write 'DELAY_NOTICE': 120.",
    ),
    *app(
        "E042",
        "DELIVER_WITHIN",
        [0, -1, "1 h", True],
        [60, timedelta(days=2)],
        "Write 'DELIVER_WITHIN': 14400.",
    ),
]
