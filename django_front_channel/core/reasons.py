"""Why something waits, failed or was refused: codes for programs. Sentences are made where a person reads them."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class ChannelCode(StrEnum):
    """Why nothing is asked of Front, nor handed to customers, for a channel."""

    NOT_CONNECTED = "channel_not_connected"
    DISCONNECTED = "channel_disconnected"
    CREDENTIALS_REFUSED = "channel_credentials_refused"
    UNREACHABLE = "channel_unreachable"
    HELD = "channel_held"
    APP_MISSING = "channel_app_missing"
    CONNECTED_ELSEWHERE = "channel_connected_elsewhere"


SENTENCES = {
    ChannelCode.NOT_CONNECTED: _("The channel is not connected. Add it in Front with its connection token."),
    ChannelCode.DISCONNECTED: _("The channel is disconnected. Add it in Front again to go on."),
    ChannelCode.CREDENTIALS_REFUSED: _(
        "Front refused the credentials. Check them, then release the channel."
    ),
    ChannelCode.UNREACHABLE: _(
        "Front does not know the channel, or refuses it. Check it, then release the channel."
    ),
    ChannelCode.HELD: _("The channel is held. Release it to go on."),
    ChannelCode.APP_MISSING: _(
        "The settings have no complete app for the channel. Add it to FRONT_CHANNEL_APPS."
    ),
    ChannelCode.CONNECTED_ELSEWHERE: _(
        "The channel was connected with another App UID or API URL than the settings have. Adopt it to go on."
    ),
}
