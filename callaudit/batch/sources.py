"""Which recordings there are, told one by one in sorted order, and how a worker gets at one.

A source is a folder (with all below it), a pattern (`/calls/2026-11-*/**/*.wav`), a list of files (`@list.txt`,
`*.txt`, `*.lst`, the first column of a `*.csv`), a single file, or the URL of one of these in a storage.
"""

from __future__ import annotations

import csv
import heapq
import io
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from callaudit.audio.names import AUDIO_SUFFIXES, printable
from callaudit.batch.fetching import digest, fetched, is_unchanged
from callaudit.batch.places import (
    Disk,
    FoundFile,
    Item,
    Place,
    Storage,
    is_url,
    local_path,
    location_of,
    name_of,
    place_of,
    without_secrets,
)
from callaudit.errors import CallauditError, SourceError

__all__ = [
    "FoundFile",
    "Search",
    "Trouble",
    "digest",
    "fetched",
    "is_unchanged",
    "local_path",
    "location_of",
    "name_of",
    "without_secrets",
]

LIST_SUFFIXES = frozenset({".txt", ".lst", ".csv"})
_MAGIC = re.compile(r"[*?\[]")
_Keyed = tuple[bytes, "FoundFile | Trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A place that could not be searched, or a file that could not be looked at; `why` is for people."""

    location: str
    why: str


@dataclass(slots=True)
class Search:
    """The recordings of some sources, found while it is iterated over: sorted by location, each once.

    Holds the names of one folder at a time (and the path of every folder that it has been in), not the files found.
    A file that is younger than `settle_s` seconds is left for later, counted in `n_young`: it may still be written,
    and its sidecar may be on its way. One dated ahead of the clock by more than that is taken. What cannot be searched
    stops nothing: it is handed to `tell` and counted in `n_troubles`.

    Parameters
    ----------
    sources : folders, patterns, lists, files, or URLs
    settle_s : seconds, at least 0
    leave_out : folders that are not searched (where the audits go)
    tell : is told every trouble
    clock : seconds since 1970

    Raises
    ------
    ConfigError
        When iteration begins: the URL of a source cannot be used.
    """

    sources: Sequence[str]
    settle_s: float = 60.0
    leave_out: Sequence[Path] = ()
    tell: Callable[[Trouble], None] = lambda trouble: None
    clock: Callable[[], float] = time.time
    n_found: int = field(default=0, init=False)
    n_young: int = field(default=0, init=False)
    n_troubles: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[FoundFile]:
        self.n_found = self.n_young = self.n_troubles = 0
        last: bytes | None = None
        left_out = {os.path.realpath(folder) for folder in self.leave_out}
        streams = [_source(source, left_out) for source in self.sources]
        for key, one in heapq.merge(*streams, key=lambda pair: pair[0]):
            if isinstance(one, Trouble):
                self.n_troubles += 1
                self.tell(one)
            elif key == last:
                continue  # named by two sources
            elif self._is_young(one):
                self.n_young += 1
            else:
                self.n_found += 1
                yield one
            last = key

    def _is_young(self, one: FoundFile) -> bool:
        return one.modified_at is not None and abs(self.clock() - one.modified_at.timestamp()) < self.settle_s


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _source(source: str, left_out: set[str]) -> Iterator[_Keyed]:
    """What one source holds, sorted by key; its URL is checked here, its content when iterated over."""
    listed = source.startswith("@")
    try:
        place, path = place_of(source[1:] if listed else source)
    except SourceError as error:  # the other sources can be had
        shown = without_secrets(source)
        why = str(error).removeprefix(f"{shown}: ")
        return iter([(shown.encode("utf-8", "surrogateescape"), Trouble(shown, why))])
    return _within(place, path, listed, left_out)


def _within(place: Place, path: str, listed: bool, left_out: set[str]) -> Iterator[_Keyed]:
    try:
        if listed:
            yield from _listed(place, path)
        elif place.is_folder(path):
            yield from _Walk(place, path, (), left_out)
        elif PurePosixPath(path).suffix.lower() in LIST_SUFFIXES:
            yield from _listed(place, path)
        else:
            yield _key(place, path), place.look(path)
    except FileNotFoundError as error:
        pattern = path.split("/")
        fixed = next((k for k, part in enumerate(pattern) if _MAGIC.search(part)), None)
        if fixed is None:
            yield _trouble(place, path, error)
        else:
            yield from _Walk(place, "/".join(pattern[:fixed]) or "/", tuple(pattern[fixed:]), left_out)
    except (OSError, SourceError) as error:
        yield _trouble(place, path, error)


def _trouble(place: Place, path: str, error: Exception) -> _Keyed:
    if isinstance(error, FileNotFoundError):
        why = "no such file or folder"
    elif isinstance(error, PermissionError):
        why = "no permission to read it"
    else:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    location = printable(place.location(path))
    return _key(place, path), Trouble(location, why.removeprefix(f"{location}: "))


def _key(place: Place, path: str) -> bytes:
    """What files are sorted by; the same for the same file by whatever source it was found."""
    return os.fsencode(path if isinstance(place, Disk) else place.location(path))


def _listed(place: Place, path: str) -> Iterator[_Keyed]:
    """The files that a list names, those that are not there as troubles."""
    rows = _rows(_content(place, path), is_table=path.lower().endswith(".csv"))
    folder = path.rpartition("/")[0]
    named: list[tuple[bytes, str, Place]] = []
    for row in rows:
        try:
            own_place, own = place_of(row) if is_url(row) else (place, row)
        except CallauditError as error:
            yield b"", Trouble(without_secrets(row), str(error))
            continue
        if not is_url(row):
            own = os.path.normpath(os.path.join(folder, own))  # noqa: PTH118 - a storage's path is text
        named.append((_key(own_place, own), own, own_place))
    for key, own, own_place in sorted(named, key=lambda row: row[0]):
        try:
            yield key, own_place.look(own)
        except (OSError, SourceError) as error:
            yield _trouble(own_place, own, error)


def _content(place: Place, path: str) -> bytes:
    if isinstance(place, Storage):
        return bytes(place.asked(lambda: place.files.cat_file(path), path))
    return Path(path).read_bytes()


def _rows(raw: bytes, *, is_table: bool) -> list[str]:
    """The names in a list: UTF-8, UTF-16 where so marked, or GB 18030; of a table the first column, its title left out.

    >>> _rows("录音,坐席\\n1.wav,8016\\n".encode("gbk"), is_table=True)
    ['1.wav']
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030", "replace")
    if not is_table:
        return [line for line in re.split(r"\r?\n", text) if line.strip()]
    rows = [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row and row[0].strip()]
    has_title = bool(rows) and "/" not in rows[0] and PurePosixPath(rows[0]).suffix.lower() not in AUDIO_SUFFIXES
    return rows[1:] if has_title else rows


@dataclass(frozen=True, slots=True)
class _Walk:
    """The recordings below a folder, those that match a pattern where there is one, in the order of their bytes."""

    place: Place
    root: str
    pattern: tuple[str, ...]
    left_out: set[str]

    def __iter__(self) -> Iterator[_Keyed]:
        seen: set[object] = set()
        open_folders: list[tuple[str, tuple[str, ...], Iterator[Item]]] = []
        waiting: tuple[str, tuple[str, ...]] | None = (self.root, ())
        while waiting or open_folders:
            if waiting:
                folder, parts = waiting
                waiting = None
                try:
                    identity = self.place.identity(folder)
                    if identity not in seen:  # a link leads nowhere twice, in a circle least of all
                        seen.add(identity)
                        open_folders.append((folder, parts, iter(self.place.listed(folder))))
                except (OSError, SourceError) as error:
                    yield _trouble(self.place, folder, error)
                continue
            folder, parts, items = open_folders[-1]
            item = next(items, None)
            if item is None:
                open_folders.pop()
                continue
            path, inner = f"{folder.rstrip('/')}/{item.name}", (*parts, item.name)
            if item.is_folder:
                waiting = (path, inner) if self._enters(path, inner) else None
            elif self._takes(inner):
                try:
                    yield _key(self.place, path), item.look or self.place.look(path)
                except (OSError, SourceError) as error:
                    yield _trouble(self.place, path, error)

    def _enters(self, path: str, parts: tuple[str, ...]) -> bool:
        if parts[-1].startswith(".") or (isinstance(self.place, Disk) and os.path.realpath(path) in self.left_out):
            return False
        return _may_lead(parts, self.pattern) or self._is_below(parts)

    def _takes(self, parts: tuple[str, ...]) -> bool:
        if parts[-1].startswith("."):
            return False
        suffix = PurePosixPath(parts[-1]).suffix.lower()
        asked = PurePosixPath(self.pattern[-1]).suffix.lower() if self.pattern else ""
        return (suffix in AUDIO_SUFFIXES or (suffix == asked != "")) and self._is_below(parts)

    def _is_below(self, parts: tuple[str, ...]) -> bool:
        """Whether the pattern matches this path or a folder that it lies in."""
        return not self.pattern or any(_matches(parts[:k], self.pattern) for k in range(1, len(parts) + 1))


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    r"""Whether a path matches a pattern, part by part; `**` stands for any number of folders.

    >>> _matches(("a", "b", "1.wav"), ("**", "*.wav")), _matches(("a", "1.wav"), ("*.wav",))
    (True, False)
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (bool(parts) and _matches(parts[1:], pattern))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _may_lead(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether something below this folder may match."""
    if not parts or not pattern or pattern[0] == "**":
        return bool(pattern)
    return fnmatchcase(parts[0], pattern[0]) and _may_lead(parts[1:], pattern[1:])
