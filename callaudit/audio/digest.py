"""The identity of a recording: the sha256 of its bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of the bytes of a file, read blockwise.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
