"""What a number is, by its digits and by what is said beside it.

A check digit makes it sure; without one, length, first digits and the words beside it decide, for a recogniser
mishears one digit in some, and an unmasked number costs more than a masked one. Service numbers (400, 95…)
are nobody's.

References
----------
.. [1] GB 11643-1999, citizen identification number: region, date of birth, order, check character MOD 11-2.
.. [2] ISO/IEC 7812-1:2017: issuer numbers of cards and the Luhn check digit.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric

from callaudit.privacy.cues import Says
from callaudit.records import PersonalKind
from callaudit.text.runs import UNHEARD

LEAST_PART = 5
"""Digits from which a part of a card number is masked: the last four may be shown (PCI DSS 4.0, 3.4.1)."""

_BORN = re.compile(
    r"[1-9?][\d?]{5}(?:1[9?]|2[0?]|\?[09?])[\d?]{2}(?:[0?][\d?]|1[012?]|\?[\d?])[0-3?][\d?][\d?]{3}[\dX?]"
)
_MOBILE = re.compile(r"(?:1|\?)[3-9?][\d?]{9}")
_SERVICE = re.compile(r"(?:400|800)\d{7}|9[56]\d{3,4}|1(?:00\d\d|[012]\d|23\d\d|21\d\d\d?|68\d\d)")
_ISSUER = re.compile(r"62|4|5[1-5]|2[2-7]|3[47]|35|60|6[59]|9[45]")
_FOREIGN_MOBILE_PREFIX = re.compile(r"(?:00)?86(?=1[3-9])")

Verdict = tuple[PersonalKind, float]


def kind_of(digits: str, says: Says | None, *, near: bool, loose: bool = False) -> Verdict | None:
    """What a number is, and how sure that is.

    Parameters
    ----------
    digits : digits, ? where one was not understood, X at the end
    says : what the words before it say that it is; None where nothing does
    near : whether those words stand right before it
    loose : whether it counts something or is a numeral with 百, 千: only a code is read so

    >>> kind_of("13800138000", None, near=False), kind_of("4008208820", "phone", near=True)
    (('phone', 0.97), None)
    >>> kind_of("482916", "code", near=True), kind_of("3304", "tail", near=True)
    (('code', 0.95), None)
    """
    n = len(digits)
    if loose:
        return ("code", 0.6) if says == "code" and near and 3 <= n <= 6 else None
    return (
        _identity(digits, says)
        or _phone(digits, says, near=near)
        or _card(digits, says, near=near)
        or _by_word(digits, says, near=near)
    )


def _identity(digits: str, says: Says | None) -> Verdict | None:
    n = len(digits)
    if n == 18 and _BORN.fullmatch(digits):
        if UNHEARD not in digits and ric.is_valid(digits):
            return "identity", 0.99
        if says != "card" and not (says == "other" or (says is None and luhn_holds(digits))):
            return "identity", 0.85
    if says == "identity" and (n >= 10 or n in (4, 6, 9)):  # the last four or six serve as a password
        return "identity", 0.85 if n >= 14 else 0.7
    return None


def _phone(digits: str, says: Says | None, *, near: bool) -> Verdict | None:
    digits = _FOREIGN_MOBILE_PREFIX.sub("", digits)
    n = len(digits)
    if _SERVICE.fullmatch(digits):
        return None
    if n == 11 and _MOBILE.fullmatch(digits) and digits.count(UNHEARD) <= 3:
        return "phone", 0.6 if says == "other" and near else 0.9 if UNHEARD in digits else 0.97
    if says in ("card", "code", "other", "identity") and near:
        return None
    if 10 <= n <= 12 and digits[0] == "0" and _valid(digits):
        return "phone", 0.9
    if n == 10 and re.match("1[3-9?]", digits):
        return "phone", 0.75 if says == "phone" else 0.6
    if n in (14, 15) and _MOBILE.fullmatch(digits[-11:]) and digits[: n - 11] == digits[-11 : n - 22]:
        return "phone", 0.7  # 138 那个, 138…: its beginning is said twice
    if n in (12, 13) and says not in ("card", "code") and (_MOBILE.match(digits) or _MOBILE.fullmatch(digits[-11:])):
        return "phone", 0.7
    if says == "phone" and 7 <= n <= 13 and (n != 7 or digits[0] not in "01"):
        return "phone", 0.7
    return None


def _card(digits: str, says: Says | None, *, near: bool) -> Verdict | None:
    n = len(digits)
    issued = _ISSUER.match(digits) is not None
    checked = 15 <= n <= 19 and luhn_holds(digits) and (n > 15 or re.match("3[47]", digits) is not None)
    if checked and (says == "card" or (issued and not (says == "other" and near))):
        return "card", 0.97
    if says == "card":
        return ("card", 0.85 if n >= 13 else 0.75) if LEAST_PART <= n <= 40 else None
    if issued and 16 <= n <= 19 and says != "other":
        return "card", 0.6
    if says is None and digits.startswith("62") and 10 <= n <= 24:  # UnionPay: a part, or with digits lost or twice
        return "card", 0.55
    return None


def _by_word(digits: str, says: Says | None, *, near: bool) -> Verdict | None:
    if says == "code" and 3 <= len(digits) <= 10:
        return "code", 0.95 if near else 0.8
    return None


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812."""
    return digits.isdigit() and luhn.is_valid(digits)


@lru_cache(maxsize=4096)
def _valid(digits: str) -> bool:
    """Whether a Chinese telephone can have the number."""
    if UNHEARD in digits:
        return digits.count(UNHEARD) <= 2
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, "CN"))
    except phonenumbers.NumberParseException:
        return False
