"""A host with an error tracker that records the bodies of requests."""

import sentry_sdk

from tests.hosts.projects.base import *
from tests.hosts.projects.tracker.tracker import Recorder, before_send

sentry_sdk.init(
    dsn="http://key@127.0.0.1/1",
    transport=Recorder,
    before_send=before_send,
    max_request_body_size="always",
)
