"""How a worker gets at a recording, and the run at its identity, wherever it lies."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from callaudit.audio.digest import BLOCK_BYTES, sha256_of
from callaudit.audio.metadata import SIDECAR_SUFFIX
from callaudit.audio.names import printable
from callaudit.batch.places import FoundFile, Storage, gone, local_path, name_of, place_of, storage_of
from callaudit.errors import SourceError

COPIES = "callaudit-copy-"
LEAST_AGE_S = 60.0  # a younger folder may be one whose process has not come to lock it


def is_unchanged(found: FoundFile) -> bool:
    """The second look: whether the file still is what it was when found; one that is gone is not.

    Raises
    ------
    SourceError
        The storage does not answer.
    """
    place, path = place_of(found.location)
    try:
        return place.look(path) == found
    except OSError:
        return False


def digest(location: str) -> str:
    """Hexadecimal sha256 of the bytes of a recording, read blockwise.

    Raises
    ------
    UnreadableAudio
        It is gone, or may not be read.
    SourceError
        The disk or storage does not give it out; it may later.
    """
    place, path = place_of(location)
    try:
        if isinstance(place, Storage):
            return place.asked(lambda: _digest(place, path), path)
        return sha256_of(Path(path))
    except (FileNotFoundError, PermissionError) as error:
        raise gone(location, error) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SourceError(f"{printable(location)}: cannot be read ({why}); check the disk") from error


def _digest(storage: Storage, path: str) -> str:
    found = hashlib.sha256()
    with storage.files.open(path, "rb", cache_type="readahead", block_size=4 * BLOCK_BYTES) as file:
        while block := file.read(BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


@contextmanager
def fetched(location: str, *, folder: Path | None = None) -> Iterator[Path]:
    """A recording as a file of this machine, its sidecar beside it, while the context lasts.

    One of this machine is handed out as it is. One of a storage is copied, under its own name, into a folder that goes
    when the context ends; one whose process was killed is removed by the next that fetches. Hand `location` on as
    `named` to `callaudit.pipeline.hear_file`.

    Parameters
    ----------
    location : as `Search` finds it
    folder : where copies are put (default: the system's folder for temporary files)

    Raises
    ------
    UnreadableAudio
        It is gone, or may not be read.
    SourceError
        The storage does not give it out whole, or there is no room for the copy.
    """
    local = local_path(location)
    if local is not None:
        yield local
        return
    with _copies(location, folder) as (storage, path, file):
        try:
            _copy(storage, path, file)
            _copy_sidecar(storage, path, file)
        except (FileNotFoundError, PermissionError) as error:
            raise gone(location, error) from error
        yield file


@contextmanager
def sidecar_of(location: str) -> Iterator[Path]:
    """Where the recording would be on this machine, its sidecar beside it; of one in a storage only that is fetched.

    Raises
    ------
    SourceError
        The storage does not answer.
    """
    local = local_path(location)
    if local is not None:
        yield local
        return
    with _copies(location, None) as (storage, path, file):
        with suppress(PermissionError):  # the audit of the call will say so
            _copy_sidecar(storage, path, file)
        yield file


@contextmanager
def _copies(location: str, base: Path | None) -> Iterator[tuple[Storage, str, Path]]:
    """The storage of a recording, the path in it, and the file for the copy in a locked folder that goes afterwards."""
    storage, path = storage_of(location)
    base = Path(tempfile.gettempdir()) if base is None else base
    _sweep(base)
    try:
        temporary = tempfile.TemporaryDirectory(prefix=COPIES, dir=base, ignore_cleanup_errors=True)
    except OSError as error:
        raise SourceError(f"{base}: no copies can be put here ({error.strerror}); check the disk") from error
    with temporary as name, FileLock(Path(name) / ".lock"):
        yield storage, path, Path(name) / name_of(location)


def _copy_sidecar(storage: Storage, path: str, file: Path) -> None:
    with suppress(FileNotFoundError):
        _copy(storage, f"{path.rpartition('/')[0]}/{file.stem}{SIDECAR_SUFFIX}", _sidecar(file))


def _sidecar(file: Path) -> Path:
    return file.with_name(file.stem + SIDECAR_SUFFIX)


def _copy(storage: Storage, path: str, file: Path) -> None:
    """The whole object in a file: of the size, and of the version, that the storage states before and after."""

    def once() -> None:
        before = storage.look(path)
        storage.files.get_file(path, str(file))
        if storage.look(path) != before or file.stat().st_size != before.size:
            raise TimeoutError("changed while it was copied")

    storage.asked(once, path)


@cache
def _sweep(base: Path) -> None:
    """Remove copies whose process is no more: nobody holds their lock. Recordings must not stay where none looks."""
    for folder in base.glob(f"{COPIES}*"):
        with suppress(OSError, Timeout):
            if time.time() - folder.stat().st_mtime > LEAST_AGE_S:
                with FileLock(folder / ".lock", timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
