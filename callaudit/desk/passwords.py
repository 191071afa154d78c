"""Passwords: which are taken, how they are kept, how one is proven."""

from __future__ import annotations

import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callaudit.errors import DeskError

SHORTEST: Final = 12
"""Characters; length is what counts, so nothing is asked of their kinds (NIST SP 800-63B, 5.1.1.2)."""
LONGEST: Final = 256
FEWEST_DIFFERENT: Final = 5
AT_ONCE: Final = 2
"""Proofs under way at the same time: each takes 64 MiB and some 50 ms of every core."""
COMMON: Final = frozenset(
    {
        "passwordpassword", "password1234", "password12345", "password123456", "qwertyuiop123", "qwertyuiop12",
        "qwerty123456", "1qaz2wsx3edc", "1q2w3e4r5t6y", "1qaz2wsx3edc4rfv", "zaq12wsxcde3", "qazwsxedcrfv",
        "asdfghjkl123", "123456789abc", "abc123456789", "a1234567890", "a12345678910", "woaini5201314",
        "woaini1314520", "5201314woaini", "aini13145201", "iloveyou1234", "iloveyou5201314", "admin123456789",
        "administrator", "admin1234567", "admin@123456", "password@123", "p@ssw0rd1234", "p@ssword1234",
        "welcome12345", "letmein12345", "changeme1234", "123456789012", "1234567890123", "12345678901234",
        "123456123456", "123123123123", "112233445566", "147258369147", "987654321098", "callaudit123",
        "callaudit1234", "zhijian123456", "kefu12345678",
    }
)  # fmt: skip
"""Of those that are long enough, what is tried first."""

_hasher: Final = PasswordHasher()  # argon2id with the parameters of RFC 9106, the memory-constrained recommendation
_places: Final = threading.BoundedSemaphore(AT_ONCE)


def check_new(password: str, name: str) -> None:
    """Refuses a password that is guessed first.

    Raises
    ------
    DeskError
        It is too short or too long, holds the account's name, or is one of the commonest.
    """
    if len(password) < SHORTEST:
        raise DeskError(f"the password is too short; wanted at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise DeskError(f"the password is too long; wanted at most {LONGEST} characters")
    low = password.lower()
    if low in COMMON or len(set(low)) < FEWEST_DIFFERENT or low in "0123456789" * 3:
        raise DeskError("the password is one of those that are tried first; choose another, e.g. four or more words")
    if len(name) >= 3 and name in low:
        raise DeskError("the password holds the name of the account; choose another")


def new_password() -> str:
    """A password that nobody guesses, in groups that one can read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _places:
        return _hasher.hash(password)


def proves(password: str, kept: str | None) -> bool:
    """Whether it is the password; without one to compare with it takes as long, and is not."""
    with _places:
        try:
            return _hasher.verify(kept or _nobody(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_dated(kept: str) -> bool:
    """Whether it was hashed with other parameters than a new one would be."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe())
