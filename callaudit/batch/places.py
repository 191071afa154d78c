"""Where recordings lie: folders of this machine, and whatever fsspec reaches (s3, gs, az, sftp …), behind one look.

A location is one line of UTF-8 that names a file for good: an absolute path, a `file://` URL where the path's name
cannot be written so (bytes that are not UTF-8, line breaks), or the URL of the storage. Locations are stored and shown,
so none holds a password or a key: those come from the environment or from fsspec's own settings.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

import fsspec
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from callaudit.audio.names import printable
from callaudit.errors import CallauditError, ConfigError, SourceError, UnreadableAudio

ATTEMPTS = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
"""A storage that does not answer is asked again after half a second, then after ever longer waits."""

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure",
          "adl": "azure", "sftp": "sftp", "ssh": "sftp"}  # fmt: skip
"""The extra of callaudit that brings the library of a protocol."""

NOT_STORAGE = frozenset({"http", "https", "data", "github", "git"})
"""Protocols of fsspec that cannot list a folder of recordings reliably, or hold none."""

MODIFIED_KEYS = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
ETAG_KEYS = ("ETag", "etag", "md5Hash", "generation")
"""How the libraries of fsspec name the time of the last change and the version of an object."""

FOR_GOOD = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError, ValueError)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_PASSWORD = re.compile(r"://[^/@:]*:(?!\d*(?:/|$)).*@")  # up to the last @: a password may hold one itself
_QUERY = re.compile(r"\?[\w-]+=.*")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as it looked when it was found; two looks that are equal saw the same content, as far as a look can tell.

    `size` is in bytes; `modified_at` has a zone; None where the storage does not say. `etag` is the storage's own name
    of the content, None on disks. `recording_id` is the sha256 of the content, None where nobody has read it yet; it is
    no part of the look.
    """

    location: str
    size: int
    modified_at: datetime | None = None
    etag: str | None = None
    recording_id: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A name in a folder; `look` is what the listing tells of it already, None where it must be looked at."""

    name: str
    is_folder: bool
    look: FoundFile | None = None

    @property
    def key(self) -> bytes:
        """By this key, folder by folder, whole paths come in the order of their bytes."""
        return os.fsencode(self.name + "/" * self.is_folder)


class Place(Protocol):
    """A tree of folders and files; paths are the place's own text. What cannot be had raises OSError or SourceError."""

    def listed(self, folder: str) -> list[Item]:
        """What lies in a folder, by `Item.key`."""
        ...

    def look(self, path: str) -> FoundFile:
        """A file as it is now."""
        ...

    def is_folder(self, path: str) -> bool: ...

    def identity(self, folder: str) -> object:
        """What two names of the same folder share."""
        ...

    def location(self, path: str) -> str:
        """How the file is named outside."""
        ...


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────
def is_url(text: str) -> bool:
    """Whether this names a storage (or `file://`) and not a path."""
    return _URL.match(text) is not None


def without_secrets(text: str) -> str:
    """The text of a URL without a password, the user it belongs to, and a signed query; for messages.

    >>> without_secrets("sftp://qa:p@ss@host/calls"), without_secrets("az://c/1.wav?sig=abc")
    ('sftp://host/calls', 'az://c/1.wav')
    """
    return printable(_QUERY.sub("", _PASSWORD.sub("://", text)) if is_url(text) else text)


def location_of(path: str | os.PathLike[str]) -> str:
    r"""The location of a file of this machine.

    >>> location_of("/calls/01.wav"), location_of("/calls/0\n1.wav")
    ('/calls/01.wav', 'file:///calls/0%0A1.wav')
    """
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps "..", and resolve would follow links
    return absolute if printable(absolute) == absolute else Path(absolute).as_uri()


def local_path(location: str) -> Path | None:
    """The file that a location names on this machine; None for one of a storage."""
    if not is_url(location):
        return Path(location)
    if not location.lower().startswith("file://"):
        return None
    return Path(os.fsdecode(unquote_to_bytes(location[len("file://") :])))


def name_of(location: str) -> str:
    """The last part of a location, as text: the file's name."""
    local = local_path(location)
    return local.name if local is not None else PurePosixPath(location).name


# ── this machine ─────────────────────────────────────────────────────────────────────────────────────────────────
class Disk:
    """The folders of this machine; links are followed."""

    def listed(self, folder: str) -> list[Item]:
        with os.scandir(folder) as entries:
            items = [Item(entry.name, _is_folder(entry)) for entry in entries]
        return sorted(items, key=lambda item: item.key)

    def look(self, path: str) -> FoundFile:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "a folder, pipe or device, wanted a file")
        modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return FoundFile(self.location(path), status.st_size, modified_at)

    def is_folder(self, path: str) -> bool:
        return stat.S_ISDIR(Path(path).stat().st_mode)

    def identity(self, folder: str) -> object:
        status = Path(folder).stat()
        return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(folder)

    def location(self, path: str) -> str:
        return location_of(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that runs in a circle is no folder; looking at it says what it is
        return False


# ── storage ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Storage:
    """A file system of fsspec. Asks again where the network fails; keeps no listing."""

    def __init__(self, files: Any, root: str, root_path: str) -> None:
        self.files = files
        self._root = root
        self._root_path = root_path

    def listed(self, folder: str) -> list[Item]:
        rows = self.asked(lambda: self.files.ls(folder, detail=True), folder)
        self.files.invalidate_cache()  # a night's listings would fill the memory, and an old one hides new files
        items = []
        for row in rows:
            name = row["name"].rstrip("/").rpartition("/")[2]
            if not name or row["name"].strip("/") == folder.strip("/"):
                continue  # the empty object by which some tools mark a folder
            is_folder = row["type"] == "directory"
            items.append(Item(name, is_folder, None if is_folder else self._seen(row)))
        return sorted(items, key=lambda item: item.key)

    def look(self, path: str) -> FoundFile:
        self.files.invalidate_cache()
        row = self.asked(lambda: self.files.info(path), path)
        if row["type"] == "directory":
            raise OSError(0, "a folder, wanted a file")
        return self._seen(row)

    def is_folder(self, path: str) -> bool:
        return bool(self.asked(lambda: self.files.info(path), path)["type"] == "directory")

    def identity(self, folder: str) -> object:
        return folder

    def location(self, path: str) -> str:
        return self._root + path.removeprefix(self._root_path)

    def _reconnect(self) -> None:
        """Leave the connection, which may be dead, for one that is made when next needed."""
        files = self.files
        files.clear_instance_cache()
        with suppress(Exception):  # no way to connect just now; the next attempt says so
            self.files = type(files)(*files.storage_args, **files.storage_options)

    def _seen(self, row: dict[str, Any]) -> FoundFile:
        modified = next((row[key] for key in MODIFIED_KEYS if row.get(key) is not None), None)
        etag = next((str(row[key]) for key in ETAG_KEYS if row.get(key) is not None), None)
        return FoundFile(self.location(row["name"]), int(row.get("size") or 0), _moment(modified), etag)

    def asked(self, ask: Callable[[], _Value], path: str) -> _Value:
        """The storage's answer.

        Raises
        ------
        FileNotFoundError, PermissionError
        SourceError
            It did not answer, however often asked; the message holds nothing that the storage's library said, because
            that may hold keys.
        """
        try:
            return _persistently(ask, self._reconnect)
        except FOR_GOOD[:4]:
            raise
        except Exception as error:  # each library of fsspec raises what it likes
            raise unanswered(self.location(path), error) from None  # the cause may hold keys


def _persistently(ask: Callable[[], _Value], before_again: Callable[[], None] = lambda: None) -> _Value:
    """The answer, asked for again while the fault may pass."""
    waits = wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S) + wait_random(0.0, FIRST_WAIT_S)
    again = retry_if_exception(_may_pass)
    stop = stop_after_attempt(ATTEMPTS)
    return Retrying(stop=stop, wait=waits, retry=again, before_sleep=lambda state: before_again(), reraise=True)(ask)


def unanswered(location: str, error: Exception) -> SourceError:
    """The error of a storage that did not answer, without anything that its library said."""
    said = error.strerror if isinstance(error, OSError) and error.errno and error.strerror else type(error).__name__
    return SourceError(
        f"{without_secrets(location)}: the storage did not answer ({said}); check the network, the address and the "
        "credentials in the environment"
    )


def _may_pass(error: BaseException) -> bool:
    return (
        isinstance(error, Exception)
        and not isinstance(error, (*FOR_GOOD, CallauditError))
        and "Credential" not in type(error).__name__
    )


def _moment(value: object) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# ── which of them ────────────────────────────────────────────────────────────────────────────────────────────────
def place_of(text: str) -> tuple[Place, str]:
    """The place that a path or URL names, and the path in it.

    Raises
    ------
    ConfigError
        The URL holds a password, nothing known reaches it, or its library is not installed.
    SourceError
        The storage did not answer.
    """
    local = local_path(text)
    return (Disk(), os.path.abspath(local)) if local is not None else storage_of(text)  # noqa: PTH100 - see above


def storage_of(url: str) -> tuple[Storage, str]:
    """`place_of` for the URL of a storage."""
    url = url if url.endswith("://") else url.rstrip("/")
    protocol = url.partition("://")[0].lower()
    shown = without_secrets(url)
    if _PASSWORD.search(url):
        raise ConfigError(
            f"{shown}: the URL holds a password, which would be stored and shown with it; give it in the environment "
            f"(FSSPEC_{protocol.upper()}_PASSWORD, or as the storage's own tools take it) and leave it out here"
        )
    if protocol in NOT_STORAGE or "::" in url:
        raise ConfigError(f"{shown}: wanted a folder, a file or a storage such as s3://, gs://, az://, sftp://")
    try:
        files, path = _persistently(lambda: fsspec.core.url_to_fs(url))
    except ImportError as error:
        extra = EXTRAS.get(protocol)
        how = f"pip install 'callaudit[{extra}]'" if extra else f"install fsspec's library for {protocol}"
        raise ConfigError(f"{shown}: the library for {protocol}:// is not installed; {how}") from error
    except ValueError as error:
        raise ConfigError(f"{shown}: no storage is known by {protocol}://, or its address is incomplete") from error
    except Exception as error:  # each library of fsspec raises what it likes
        raise unanswered(url, error) from None  # the cause may hold keys
    path = path.rstrip("/")
    rest = len(_shared_end(url, path))
    return Storage(files, url[: len(url) - rest], path[: len(path) - rest]), path


def _shared_end(url: str, path: str) -> str:
    """The parts that end both a URL and the path which its file system makes of it, from a slash on or whole.

    >>> _shared_end("sftp://host/calls/1.wav", "/calls/1.wav"), _shared_end("abfs://c@a.net/1.wav", "c/1.wav")
    ('/calls/1.wav', '/1.wav')
    """
    if url.endswith(path):
        return path
    parts = path.split("/")
    for k in range(1, len(parts)):
        rest = "/" + "/".join(parts[k:])
        if url.endswith(rest):
            return rest
    return ""


def gone(location: str, error: OSError) -> UnreadableAudio:
    """The error of a recording that is not there, or not to be read, where the storage says so for good."""
    if isinstance(error, FileNotFoundError):
        return UnreadableAudio(f"{printable(location)}: no such file; it was moved or deleted since it was found")
    return UnreadableAudio(f"{printable(location)}: no permission to read it; give this user read access")
