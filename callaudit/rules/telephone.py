"""Whose telephone a number is: mobile or fixed, at home or abroad, in which time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number

Kind = Literal["mobile", "other", "unknown"]

KINDS: dict[int, Kind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "unknown",  # as in North America, where the number does not tell
    PhoneNumberType.UNKNOWN: "unknown",
}
MASK = re.compile(r"(?<=\d)[*xX#•]+")
"""Digits hidden for privacy, as in 138****1234."""

LEAST_DIGITS = 7
"""Shorter numbers are extensions and service numbers, no customer's telephone."""


@dataclass(frozen=True, slots=True)
class Telephone:
    """What a number tells; `e164` is None where digits are hidden or there is no such number, `zones` may be empty."""

    e164: str | None
    region: str | None
    kind: Kind
    zones: tuple[str, ...]


@lru_cache(maxsize=4096)
def telephone(number: str, country: str) -> Telephone:
    """What a number tells that is dialled from `country` (ISO 3166-1, two letters).

    >>> telephone("13800001234", "CN").e164, telephone("138****1234", "CN").kind, telephone("010-62345678", "CN").kind
    ('+8613800001234', 'mobile', 'other')
    >>> telephone("00442071234567", "CN").zones, telephone("8016", "CN").kind
    (('Europe/London',), 'other')
    """
    hidden = MASK.search(number) is not None
    plain = MASK.sub(lambda mask: "0" * len(mask[0]), number)  # the class of a number lies in its first digits
    try:
        parsed = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        return Telephone(None, None, "unknown", ())
    valid = phonenumbers.is_valid_number(parsed)
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    if len(re.sub(r"\D", "", plain)) < LEAST_DIGITS:
        return Telephone(None, region, "other", ())
    # A number that no telephone has (mistyped, or reserved for examples) still begins with the code of its country.
    anywhere = PhoneNumber(country_code=parsed.country_code, national_number=0)
    zones = time_zones_for_number(parsed) if valid else time_zones_for_geographical_number(anywhere)
    return Telephone(
        phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if valid and not hidden else None,
        region,
        KINDS.get(phonenumbers.number_type(parsed), "other"),
        tuple(zone for zone in zones if zone != "Etc/Unknown"),
    )
