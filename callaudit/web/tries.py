"""How often one may try to sign in: guessing is slow, and nobody can lock another's account by trying it."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PAIR: Final[tuple[RateLimitItem, ...]] = (RateLimitItemPerMinute(5), RateLimitItemPerHour(20))
"""Tries of one account from one address without a success between."""
ADDRESS: Final[RateLimitItem] = RateLimitItemPerHour(300)
"""Tries from one address, whole offices among them."""
NAME: Final[RateLimitItem] = RateLimitItemPerMinute(10, 15)
"""Tries of one account from anywhere; beyond them each is slowed down, not refused: its owner still gets in."""
SLOWED_S: Final = 2.0


class Tries:
    """Counts tries in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def refuse_s(self, name: str, address: str) -> int:
        """Counts a try; 0, or the seconds after which another may be made."""
        address, key = _network(address), _digest(name)
        if not self._limiter.hit(ADDRESS, "address", address):
            return self._wait_s(ADDRESS, "address", address)
        for item in PAIR:
            if not self._limiter.hit(item, "pair", key, address):
                return self._wait_s(item, "pair", key, address)
        return 0

    def slow_s(self, name: str) -> float:
        """Counts a try of an account; the seconds by which it is to be slowed down."""
        return 0.0 if self._limiter.hit(NAME, "name", _digest(name)) else SLOWED_S

    def succeeded(self, name: str, address: str) -> None:
        """Forgets the tries of an account from an address: it was its owner."""
        for item in PAIR:
            self._limiter.clear(item, "pair", _digest(name), _network(address))

    def _wait_s(self, item: RateLimitItem, *key: str) -> int:
        return max(1, int(self._limiter.get_window_stats(item, *key).reset_time - time.time()) + 1)


def _digest(name: str) -> str:
    return hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()


def _network(address: str) -> str:
    """The address; of IPv6 the network, since a household has 2⁶⁴ of them.

    >>> _network("192.0.2.7"), _network("2001:db8::7")
    ('192.0.2.7', '2001:db8::/64')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
