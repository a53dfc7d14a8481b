"""One spelling of a phone number, so that one person has one thread and STOP counts for every spelling."""

from __future__ import annotations

import phonenumbers

from django_front_channel.models import Channel


def spell(handle: str, channel: Channel) -> str:
    """Return a phone number in E.164, and any other handle unchanged.

    A local number gets the country code of the channel's own number. Short codes, sender names and the handles of
    the chat are not phone numbers.
    """
    handle = handle.strip()
    if any(map(str.isalpha, handle)):
        return handle
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(channel.address))
        number = phonenumbers.parse(handle, country)
    except phonenumbers.NumberParseException:
        return handle
    is_long = len(str(number.national_number)) > 8  # no short code
    if phonenumbers.is_valid_number(number) or (is_long and phonenumbers.is_possible_number(number)):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return handle
