"""Digests of files, taken once and noted in the cache; a file whose size or time has changed is hashed again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from callaudit.errors import EngineError

_CHUNK = 1 << 20
_NOTED = ".verified.json"


def cache_dir() -> Path:
    """Folder for joined models: `CALLAUDIT_CACHE`, or else ``callaudit`` in the user's cache folder."""
    named = os.environ.get("CALLAUDIT_CACHE")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("callaudit")


def chunks(paths: Iterable[Path]) -> Iterator[bytes]:
    """Bytes of files, one after another, a mebibyte at a time."""
    for path in paths:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk


def sha256_of(path: Path) -> str:
    """Digest of a file; EngineError where it cannot be read."""
    try:
        digest = hashlib.sha256()
        for chunk in chunks([path]):
            digest.update(chunk)
    except OSError as error:
        raise EngineError(f"cannot read {path} ({error.strerror or error})") from error
    return digest.hexdigest()


def _note_path(path: Path) -> Path:
    """Where the digest of a file is noted: in the cache, named after the file's place."""
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:20]
    return cache_dir() / "digests" / f"{key}{_NOTED}"


def note(path: Path, sha256: str) -> None:
    """Remember a file's digest with its size and time; a cache that cannot be written is no error."""
    stat = path.stat()
    text = json.dumps({"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256})
    place = _note_path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".note.", dir=place.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(temporary).replace(place)
    except OSError:
        return


def noted(path: Path) -> str | None:
    """The digest noted for a file, None where there is none or the file has changed since."""
    try:
        noted = json.loads(_note_path(path).read_text(encoding="utf-8"))
        stat = path.stat()
        if (noted["size"], noted["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns):
            return str(noted["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def is_noted(path: Path, sha256: str) -> bool:
    """Whether a file is there and is right: by its note, or by hashing it once more."""
    if not path.is_file():
        return False
    if noted(path) == sha256:
        return True
    if sha256_of(path) != sha256:
        return False
    note(path, sha256)
    return True


def digest_of(path: Path) -> str:
    digest = noted(path)
    if digest is None:
        digest = sha256_of(path)
        note(path, digest)
    return digest
