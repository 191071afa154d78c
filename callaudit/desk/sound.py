"""The recording of a stored call: found where the store says, and proven to be that one before it is heard.

No path ever comes from a client: the store knows one, `[review] audio_roots` says where it lies by now, and what lies
there is that recording only if its SHA-256 is the one that was heard.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from callaudit.audio.digest import sha256_of
from callaudit.batch.fetching import fetched
from callaudit.batch.places import local_path
from callaudit.config import Config
from callaudit.errors import ConfigError, NotThere, SourceError, UnreadableAudio
from callaudit.privacy import KINDS, silent_spans
from callaudit.records import Call, PersonalKind
from callaudit.spans import Span
from callaudit.store.tables import CallRow, FileRow

Reason = Literal["gone", "other", "away", "broken", "room"]
"""Why a call cannot be heard: no file where it lay; another recording lies there; the storage does not answer; the file
cannot be decoded; there is no room for what would be played."""

MOST_KNOWN = 4096
"""Files whose digest is remembered."""


class NoSound(NotThere):
    """A call cannot be heard; the message is one of `Reason`, for the page to say in words, without any path."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Sound of a call as somebody may hear it: `locations` where it may lie, `silent` what must not be heard.

    `exact` tells that the decoder put in or left out nothing: a browser that plays the file itself is at the same place
    of the call.
    """

    recording_id: str
    locations: tuple[str, ...]
    silent: tuple[Span, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What the sound of a call needs of its long document: what must not be heard, and whether it is whole."""

    recording_id: str
    silent: tuple[Span, ...]
    exact: bool


_OF: Final[Any] = bindparam("recording_id")
_PLACES: Final = union_all(
    select(CallRow.path.label("place"), literal(0).label("kind"), (-CallRow.id).label("at")).where(
        CallRow.recording_id == _OF
    ),
    select(FileRow.location, literal(1), FileRow.id).where(FileRow.recording_id == _OF),
).order_by("kind", "at")
"""Where a recording may lie: the newest hearing's first, then where runs have met it, the first place first."""


def kept(call: Call, config: Config) -> Kept:
    """What `wanted` needs of a call."""
    recording = call.recording
    return Kept(recording.id, silent_spans(call, silenced_kinds(call, config)), not recording.warnings)


def wanted(session: Session, call: Kept, config: Config, *, unmuted: bool = False) -> Wanted:
    """What is to be heard of a stored call.

    Parameters
    ----------
    unmuted : personal data is heard, too; whoever asks has the right to, and has it in the trail
    """
    of = call.recording_id
    known = session.scalars(_PLACES, {"recording_id": of})
    places = dict.fromkeys(at for one in known for at in moved(one, config.review.audio_roots))
    return Wanted(of, tuple(places), () if unmuted else call.silent, call.exact)


def silenced_kinds(call: Call, config: Config) -> frozenset[PersonalKind]:
    """What is not heard: what the settings silence, and whatever is masked in the words."""
    masked = {one.kind for turn in call.turns for one in turn.masked}
    return frozenset(masked | {*config.privacy.silence, *config.privacy.mask}) & frozenset(KINDS)


def moved(location: str, roots: Mapping[str, str]) -> tuple[str, ...]:
    """Where a recording may lie by now: under the roots that its folder has moved to, the longest first, and as it was.

    >>> moved("/calls/2026/1.wav", {"/calls": "/mnt/calls", "/call": "/no"})
    ('/mnt/calls/2026/1.wav', '/calls/2026/1.wav')
    >>> moved("D:\\\\calls\\\\1.wav", {"D:\\\\calls": "/mnt/d"})[0]
    '/mnt/d/1.wav'
    >>> moved("/calls/../etc/1.wav", {"/calls": "/mnt"})
    ('/calls/../etc/1.wav',)
    """
    found = []
    for old, new in sorted(roots.items(), key=lambda pair: -len(pair[0])):
        head = old.rstrip("/\\")
        rest = location[len(head) :].replace("\\", "/")
        if location.startswith(head) and rest.startswith("/") and ".." not in rest.split("/"):
            found.append(new.rstrip("/") + rest)
    return (*found, location)


class Prover:
    """Knows which files hold which recording, and reads a file again only when it has changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], str]] = {}
        self._lock = threading.Lock()

    def proven(self, path: Path, recording_id: str) -> os.stat_result:
        """The state of a file that holds the recording.

        Raises
        ------
        NoSound
            It is gone, or holds another one.
        """
        try:
            before = path.stat()
            if not stat.S_ISREG(before.st_mode):
                raise NoSound("gone")
            digest = self._digest(path, before)
            if _look(path.stat()) != _look(before):
                raise NoSound("other")
        except (OSError, ValueError) as error:
            raise NoSound("gone") from error
        if digest != recording_id:
            raise NoSound("other")
        return before

    def _digest(self, path: Path, now: os.stat_result) -> str:
        key = str(path)
        with self._lock:
            known = self._known.get(key)
        if known is not None and known[0] == _look(now):
            return known[1]
        digest = sha256_of(path)
        with self._lock:
            self._known.pop(key, None)
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = (_look(now), digest)
        return digest


def _look(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def local_file(prover: Prover, wanted: Wanted) -> tuple[Path, os.stat_result] | None:
    """The recording on this machine; None where it lies in a storage alone.

    Raises
    ------
    NoSound
        It lies nowhere; `other` where a file of its name holds another recording.
    """
    why: NoSound | None = None
    for path in filter(None, map(local_path, wanted.locations)):
        try:
            return path, prover.proven(path, wanted.recording_id)
        except NoSound as error:
            why = error if why is None or str(error) == "other" else why
    if why is not None and all(local_path(at) is not None for at in wanted.locations):
        raise why
    return None


@contextmanager
def recording_file(prover: Prover, wanted: Wanted) -> Iterator[Path]:
    """The recording as a file of this machine, copied from its storage where it lies in one.

    Raises
    ------
    NoSound
    """
    found = local_file(prover, wanted)
    if found is not None:
        yield found[0]
        return
    far = [at for at in wanted.locations if local_path(at) is None]
    if not far:
        raise NoSound("gone")
    try:
        with fetched(far[0]) as copy:
            prover.proven(copy, wanted.recording_id)
            yield copy
    except UnreadableAudio as error:
        raise NoSound("gone") from error
    except (SourceError, ConfigError) as error:
        raise NoSound("away") from error
