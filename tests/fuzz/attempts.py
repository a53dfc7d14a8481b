"""Requests to the webhooks, each written as a few bytes that a fuzzer can change.

Four bytes say where the request goes, how, with what proof and of which moment; the rest is its body.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django_front_channel.webhooks.signature import signature

PLACES = ("channel", "app", "disconnected channel", "unknown channel", "unknown app")
METHODS = ("POST", "DELETE", "PUT")
PROOFS = ("signed", "body withheld", "by another", "own signature", "own timestamp", "none")
OWN = PROOFS[3:5]
# Seconds from now, and parts of a second. So far from the tolerance that a slow machine changes nothing.
MOMENTS = ((0, 1000), (0, 1), (-200, 1000), (200, 1), (-400, 1000), (400, 1))
CHOICES = (PLACES, METHODS, PROOFS, MOMENTS)
HEAD = len(CHOICES)
# What Front may sign for a DELETE without a body.
NO_BODY = (b"", b"undefined", b"{}")


@dataclass(frozen=True)
class Attempt:
    """Somebody's request."""

    place: str
    method: str
    proof: str
    moment: tuple[int, int]
    signed: bytes
    """What is signed, and sent unless it is withheld."""
    own: str
    """A header of the fuzzer's own: the first line of an input whose proof has one."""

    @classmethod
    def read(cls, data: bytes) -> Attempt:
        head, body = data[:HEAD].ljust(HEAD, b"0"), data[HEAD:]
        place, method, proof, moment = (
            choices[(byte - ord("0")) % len(choices)] for byte, choices in zip(head, CHOICES, strict=True)
        )
        own = b""
        if proof in OWN:
            own, _, body = body.partition(b"\n")
        return cls(str(place), str(method), str(proof), moment, body, own.decode("latin-1"))  # type: ignore[arg-type]

    @property
    def body(self) -> bytes:
        return b"" if self.proof == "body withheld" else self.signed

    @property
    def may_be_believed(self) -> bool:
        if self.place == "unknown app" or abs(self.moment[0]) > 300:
            return False
        if self.proof == "body withheld":
            return self.signed == b"" or (self.method == "DELETE" and self.signed in NO_BODY)
        return self.proof == "signed"

    def headers(self, secret: str) -> dict[str, str]:
        """Those of the proof, as WSGI names them."""
        if self.proof == "none":
            return {}
        seconds, parts = self.moment
        timestamp = self.own if self.proof == "own timestamp" else str(int((time.time() + seconds) * parts))
        right = signature("another" if self.proof == "by another" else secret, timestamp, self.signed)
        given = self.own if self.proof == "own signature" else right
        return {"HTTP_X_FRONT_SIGNATURE": given, "HTTP_X_FRONT_REQUEST_TIMESTAMP": timestamp}
