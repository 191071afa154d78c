"""Documents encrypted at rest: AES-256-GCM over what is compressed, each with the name of its key.

A key is 32 random bytes in URL-safe base64 (`callaudit store new-key`). Several keys, separated by commas, allow a
change of key: the first one encrypts, all decrypt; `callaudit store rekey` then brings every document to the first.

What stays in the clear, because lists and the queue ask for it: times (of promises that are due, too), lengths,
directions, agents' ids and names, teams, sectors, paths of recordings, verdicts, scores, names of the rules broken with
severity, confidence and second, of the rules kept and left open, counts of them and of what was masked, causes of
failures, digests of rulebooks, and the access log. Customers' numbers are kept as a keyed hash (HMAC-SHA256), so that
calls of one customer are found all the same.

References
----------
.. [1] NIST SP 800-38D: a key with random 96-bit nonces is good for 2³² documents (clause 8.3).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callaudit.errors import StoreError

MARK = b"\x00CA1"
"""How an encrypted document begins; a compressed one begins with 28 B5 2F FD."""
NAME_BYTES, NONCE_BYTES = 8, 12
HASHED = "h:"
"""How a keyed hash begins; the name of its key follows."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Keys, the first of which encrypts; without any, documents pass as they are."""

    keys: tuple[bytes, ...] = field(default=(), repr=False)

    def sealed(self, plain: bytes) -> bytes:
        """The bytes encrypted by the first key, or as they are where there is none."""
        if not self.keys:
            return plain
        key, nonce = self.keys[0], os.urandom(NONCE_BYTES)
        return MARK + _name(key) + nonce + AESGCM(key).encrypt(nonce, plain, MARK)

    def opened(self, kept: bytes) -> bytes:
        """What `sealed` was given; bytes that are not encrypted pass as they are.

        Raises
        ------
        StoreError
            There is no key, none of the keys is the one, or the bytes were changed.
        """
        if not is_sealed(kept):
            return kept
        if not self.keys:
            raise StoreError("the documents of the store are encrypted; name the variable of the key in store.key_env")
        name, nonce, rest = _parts(kept)
        key = next((key for key in self.keys if _name(key) == name), None)
        if key is None:
            raise StoreError("the documents of the store are encrypted by another key; check the variable of the key")
        try:
            return AESGCM(key).decrypt(nonce, rest, MARK)
        except InvalidTag as error:
            raise StoreError("an encrypted document was changed or damaged; restore it from a backup") from error

    def is_current(self, kept: bytes) -> bool:
        """Whether `sealed` would write with the key, or lack of one, that these bytes were written with."""
        return is_sealed(kept) and _parts(kept)[0] == _name(self.keys[0]) if self.keys else not is_sealed(kept)

    def alias(self, customer: str | None) -> str | None:
        """A customer's number or id as the store keeps it: itself, or where there is a key its keyed hash."""
        if customer is None or not self.keys:
            return customer
        return _hashed(self.keys[0], customer)

    def aliases(self, customer: str) -> tuple[str, ...]:
        """Everything the customer may be kept as, until a change of keys is complete; the newest first."""
        return (*(_hashed(key, customer) for key in self.keys), customer)

    @property
    def alias_head(self) -> str:
        """How every `alias` begins that is a hash by the first key; empty where there is no key."""
        return _alias_head(self.keys[0]) if self.keys else ""


OPEN = Vault()
"""Encrypts nothing."""


def vault_of(keys: str) -> Vault:
    """The vault of keys in text, separated by commas, the one that encrypts first.

    Raises
    ------
    StoreError
        A key is not 32 bytes in URL-safe base64; the message does not repeat it.
    """
    found = []
    for text in filter(None, (part.strip() for part in keys.split(","))):
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise StoreError("the key of the store must be 32 bytes in base64; make one with `callaudit store new-key`")
        found.append(key)
    if not found:
        raise StoreError("the key of the store is empty; make one with `callaudit store new-key`")
    return Vault(tuple(found))


def keys_in(variable: str) -> str:
    """The keys in an environment variable.

    Raises
    ------
    StoreError
        It is not set, or empty.
    """
    keys = os.environ.get(variable, "")
    if not keys.strip():
        raise StoreError(
            f"the documents of the store are to be encrypted, but {variable} is not set; put the key there"
        )
    return keys


def new_key() -> str:
    """A fresh key as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def is_sealed(kept: bytes) -> bool:
    """Whether the bytes are an encrypted document."""
    return kept.startswith(MARK)


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"callaudit key\x00" + key).digest()[:NAME_BYTES]


def _parts(kept: bytes) -> tuple[bytes, bytes, bytes]:
    rest = kept[len(MARK) :]
    return rest[:NAME_BYTES], rest[NAME_BYTES : NAME_BYTES + NONCE_BYTES], rest[NAME_BYTES + NONCE_BYTES :]


def _alias_head(key: bytes) -> str:
    return f"{HASHED}{_name(key).hex()}:"


def _hashed(key: bytes, customer: str) -> str:
    return _alias_head(key) + hmac.new(key, b"customer\x00" + customer.encode(), hashlib.sha256).hexdigest()[:40]
