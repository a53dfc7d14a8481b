"""The rules for the JWT of a channel."""

from __future__ import annotations

import jwt
from jwt.types import Options

from .assumptions import Assumptions
from .http_messages import ApiError

# Time is compared with the clock of the sandbox, not with the one of PyJWT.
_OPTIONS: Options = {
    "require": ["exp", "iss", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def channel_of_token(
    authorization: str, *, app_uid: str, app_secret: str, now: float, assumptions: Assumptions
) -> str:
    """The channel id (``sub``) of a valid ``Authorization`` header; ``now`` in unix seconds.

    The token must be signed with the App secret (HS256), issued by the App UID, and expire within the next
    ``jwt_lifetime_limit`` seconds. Raises :class:`ApiError` 401.
    Source: https://dev.frontapp.com/docs/creating-a-partner-channel and Front's partner-channel-template.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token.count(".") != 2:
        raise ApiError(401, assumptions.not_a_jwt)
    try:
        claims = jwt.decode(
            token.strip(),
            app_secret,
            algorithms=["HS256"],
            issuer=app_uid,
            options=_OPTIONS,
        )
    except jwt.PyJWTError:
        raise ApiError(401, assumptions.invalid_jwt) from None
    expires = claims["exp"]
    if type(expires) is not int or not now < expires <= now + assumptions.jwt_lifetime_limit:
        raise ApiError(401, assumptions.invalid_jwt)
    return str(claims["sub"])
