from __future__ import annotations

import gc
import io
import sys

import pytest
import requests
import responses

from django_front_channel.client import ApiRequest, FrontClient
from django_front_channel.exceptions import (
    FrontAmbiguousError,
    FrontAuthenticationError,
    FrontConnectionError,
    FrontRateLimitError,
    InvalidArgument,
)
from tests.processes import run

from .conftest import ACCEPTED, INBOUND, SECRET, response

API = "https://api2.frontapp.com"
INBOUND_URL = f"{API}/channels/cha_1/inbound_messages"


class Journal:
    """An observer that remembers."""

    def __init__(self, refusal=None):
        self.requests, self.outcomes, self.refusal = [], [], refusal

    def started(self, request):
        if self.refusal:
            raise self.refusal
        self.requests.append(request)

    def finished(self, request, outcome):
        assert request is self.requests[-1]
        self.outcomes.append(outcome)


@responses.activate
def test_the_observer_hears_of_a_success(make_client):
    limits = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "49", "X-RateLimit-Reset": "1764000000.5"}
    responses.post(INBOUND_URL, status=202, json={"message_uid": "uid-1"}, headers=limits | {"Server": "x"})
    journal = Journal()
    make_client(observer=journal).messages.sync_inbound(**INBOUND)
    path = "/channels/cha_1/inbound_messages"
    assert journal.requests == [ApiRequest("sync-inbound-message", "POST", path, ("channel", "cha_1"))]
    [outcome] = journal.outcomes
    assert (outcome.status_code, outcome.error, outcome.redirected_to) == (202, None, None)
    assert outcome.headers == {name.lower(): value for name, value in limits.items()}
    assert 0 <= outcome.duration < 5


@responses.activate
def test_the_observer_hears_of_both_tries_of_a_401(make_client):
    responses.post(INBOUND_URL, status=401)
    journal = Journal()
    with pytest.raises(FrontAuthenticationError) as caught:
        make_client(observer=journal).messages.sync_inbound(**INBOUND)
    assert [outcome.status_code for outcome in journal.outcomes] == [401, 401]
    assert journal.outcomes[1].error is caught.value


@responses.activate
def test_the_observer_hears_of_a_pause(make_client):
    headers = {"Retry-After": "9", "X-Front-Tier": "2"}
    responses.get(f"{API}/messages/msg_1", status=429, headers=headers)
    journal = Journal()
    with pytest.raises(FrontRateLimitError):
        make_client(observer=journal).messages.get("msg_1")
    [outcome] = journal.outcomes
    assert (outcome.error.retry_after, outcome.headers) == (9.0, {"retry-after": "9", "x-front-tier": "2"})
    assert journal.requests[0].resource == ("message", "msg_1")


@responses.activate
def test_the_observer_hears_of_every_hop(make_client):
    location = "https://acme.api.frontapp.com/conversations/cnv_2"
    responses.get(f"{API}/conversations/cnv_1", status=301, headers={"Location": location})
    responses.get(f"{API}/conversations/cnv_2", json={"id": "cnv_2"})
    journal = Journal()
    make_client(observer=journal).conversations.get("cnv_1")
    assert [call.resource for call in journal.requests] == [
        ("conversation", "cnv_1"),
        ("conversation", "cnv_2"),
    ]
    assert [outcome.redirected_to for outcome in journal.outcomes] == ["cnv_2", None]
    assert [outcome.error for outcome in journal.outcomes] == [None, None]


@responses.activate
def test_the_observer_hears_of_an_unreadable_success(make_client):
    responses.post(INBOUND_URL, status=202, body="{}")
    journal = Journal()
    with pytest.raises(FrontAmbiguousError) as caught:
        make_client(observer=journal).messages.sync_inbound(**INBOUND)
    assert journal.outcomes[0].error is caught.value
    assert journal.outcomes[0].status_code == 202


@responses.activate
def test_the_observer_hears_of_a_silence(make_client):
    responses.post(INBOUND_URL, body=requests.ReadTimeout("slow"))
    journal = Journal()
    with pytest.raises(FrontAmbiguousError) as caught:
        make_client(observer=journal).messages.sync_inbound(**INBOUND)
    [outcome] = journal.outcomes
    assert (outcome.status_code, outcome.error, outcome.headers) == (None, caught.value, {})


def test_an_observer_that_refuses_stops_the_request(raw_front, make_client):
    refusal = FrontRateLimitError("Paused", retry_after=5.0)
    with pytest.raises(FrontRateLimitError) as caught:
        make_client(api_url=raw_front.url, observer=Journal(refusal)).messages.sync_inbound(**INBOUND)
    assert caught.value is refusal
    assert raw_front.connections == 0


class Stand(requests.adapters.BaseAdapter):
    """An adapter that responds without a network."""

    def __init__(self, failure=None):
        super().__init__()
        self.failure = failure

    def send(self, request, *args, **kwargs):
        self.request = request
        if self.failure:
            raise self.failure
        response = requests.Response()
        response.status_code = 202
        response.raw = io.BytesIO(b'{"message_uid":"uid-1"}')
        return response

    def close(self):
        """Nothing is open."""


def test_an_adapter_stands_in_for_the_network(make_client):
    adapter = Stand()
    client = make_client(api_url="http://testserver/front", adapter=adapter)
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    assert adapter.request.url == "http://testserver/front/channels/cha_1/inbound_messages"


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (requests.ConnectTimeout("slow"), FrontConnectionError),
        (requests.ConnectionError("reset"), FrontAmbiguousError),
        (ConnectionResetError("reset"), FrontAmbiguousError),
        (FrontConnectionError("no"), FrontConnectionError),
    ],
)
def test_only_a_proof_makes_a_failure_of_an_adapter_harmless(make_client, failure, kind):
    with pytest.raises(kind):
        make_client(adapter=Stand(failure)).messages.sync_inbound(**INBOUND)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api2.frontapp.com/", "https://api2.frontapp.com"),
        ("HTTPS://API2.frontapp.com", "https://api2.frontapp.com"),
        ("https://proxy.example:8443/front//", "https://proxy.example:8443/front"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8090", "http://[::1]:8090"),
        ("http://localhost/", "http://localhost"),
    ],
)
def test_the_api_url_is_normalised(make_client, given, used):
    assert make_client(api_url=given).api_url == used


@pytest.mark.fault("F110")
@pytest.mark.parametrize(
    "api_url",
    [
        "http://api2.frontapp.com",
        "http://testserver",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "api2.frontapp.com",
        "https://",
        "https:///channels",
        "https://user:secret@api2.frontapp.com",
        "https://api2.frontapp.com?x=y",
        "https://api2.frontapp.com#x",
        "https://api2.frontapp.com:port",
        "https://[api2",
        "https://api2.frontapp.com\n",
        " https://api2.frontapp.com",
        "",
        None,
    ],
)
def test_other_api_urls_are_refused(make_client, api_url):
    with pytest.raises(InvalidArgument, match="API URL"):
        make_client(api_url=api_url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_uid": ""},
        {"app_secret": ""},
        {"app_secret": None},
        {"channel_id": ".."},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "10"},
        {"jwt_lifetime": 0},
        {"jwt_lifetime": 31},
        {"jwt_lifetime": "20"},
    ],
)
def test_a_client_that_could_never_work_is_refused(make_client, wrong):
    [name] = wrong
    with pytest.raises(InvalidArgument, match=name):
        make_client(**wrong)


def test_nothing_shows_the_secret_or_a_jwt(raw_front, make_client):
    """Not the repr of any object alive after a call, nor what a crash report makes of a failed one."""
    raw_front.responses = [ACCEPTED, response("400 Bad Request"), response("401 No"), b"junk\r\n\r\n"]
    client = make_client(api_url=raw_front.url, timeout=1, observer=(journal := Journal()))
    errors = []
    accepted = client.messages.sync_inbound(**INBOUND)
    for _ in range(2):
        with pytest.raises(Exception, match="sync-inbound") as caught:
            client.messages.sync_inbound(**INBOUND)
        errors.append(caught.value)
    seen = [repr(client), repr(accepted), repr(journal.requests), repr(journal.outcomes)]
    seen += [show(error) for error in errors for show in (str, repr)]
    seen += [shown for error in errors for shown in locals_of(error)]
    seen += [repr(thing) for thing in gc.get_objects() if is_ours(thing)]
    assert len(seen) > 20
    assert not [text for text in seen if SECRET in text or "eyJ" in text]


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"patience": -1},
        {"jwt_lifetime": 31},
        {"api_url": "http://api2.frontapp.com"},
        {"channel_id": ".."},
        {"app_uid": ""},
        {"app_secret": [SECRET]},
        {"app_secret": f"{SECRET}\udc80"},
    ],
    ids=repr,
)
def test_a_client_that_is_refused_shows_no_secret(wrong):
    given = {"app_uid": "a1", "app_secret": SECRET, "channel_id": "cha_1"} | wrong
    with pytest.raises(InvalidArgument) as caught:
        FrontClient(**given)
    assert not [shown for shown in locals_of(caught.value) if SECRET in shown]


def locals_of(error):
    """What a crash report shows: the locals of every frame of ours or below, along the chain of causes."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if not trace.tb_frame.f_code.co_filename.startswith(__file__):
                yield from map(repr, trace.tb_frame.f_locals.values())
            trace = trace.tb_next
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def is_ours(thing):
    return str(type(thing).__module__).startswith("django_front_channel.client")


def test_importing_the_package_loads_neither_http_nor_jwt_nor_django():
    code = (
        "import sys, django_front_channel.client.arguments, django_front_channel.client as c\n"
        "loaded = {'requests', 'urllib3', 'jwt', 'django'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "assert c.FrontClient.__name__ == 'FrontClient'\n"
        "assert 'django' not in sys.modules\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.complaints


def test_importing_the_client_loads_no_operation_before_it_is_used():
    code = (
        "import sys, requests, jwt; before = set(sys.modules)\n"
        "from django_front_channel.client import FrontClient\n"
        "loaded = {name.removeprefix('django_front_channel.client.') for name in set(sys.modules) - before}\n"
        "heavy = {'calls', 'channels', 'conversations', 'messages', 'templates'}\n"
        "heavy |= {'results', 'request_bodies', 'file_types', 'inspect'}\n"
        "assert not heavy & loaded, loaded\n"
        "FrontClient('uid', 'secret', 'cha_1').calls\n"
        "assert 'django_front_channel.client.calls' in sys.modules\n"
        "assert 'django_front_channel.client.messages' not in sys.modules\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.complaints


def test_the_package_names_what_it_lacks():
    import django_front_channel.client as package

    assert package.FrontClient is FrontClient
    with pytest.raises(AttributeError, match="BackClient"):
        package.BackClient  # noqa: B018
