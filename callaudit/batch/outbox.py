"""The out folder: one audit a call, `<file stem>.json`, exactly as `callaudit audit --format json` prints it.

The store is the truth and the folder its copy. A file belongs to the recording whose id it holds, and nobody overwrites
that of another recording or one that holds no audit; its time is that of the judgement in it, so that a look tells
whether it is the present one.
"""

from __future__ import annotations

import errno
import os
import re
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Final

from callaudit.audio.names import UNPRINTABLE
from callaudit.errors import CallauditError
from callaudit.files import microseconds, write_whole
from callaudit.reports.stored import recording_in

SUFFIX = ".json"
MOST_BYTES = 160
"""Longest name in bytes of UTF-8: with a digest, an ending and what a draft adds it stays below the usual 255."""

DIGITS = 8
"""So many digits of a recording's id tell its file from another of the same stem."""

DRAFT_S = 600.0
"""An older draft is nobody's any more."""

HASTY = hasattr(os, "sync")
"""Whether the system writes everything to the disk at a word; else each file must be waited for."""

LOST_BYTES = 512
"""So many zeros, or none at all, and a file holds nothing."""

END = b"\n}\n"
"""What an audit ends with, and no line of it before: it tells a whole one from one cut short."""

_FORBIDDEN = frozenset('/\\:*?"<>|')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_RESERVED = re.compile(r"(?i)summary|(.*\.)?meta")
"""What other files beside the audits are called: the summary, and the sidecars of recordings (`<stem>.meta.json`)."""


def file_name(name: str, recording_id: str) -> str:
    r"""What the audit of a recording's file is called, without an ending: the stem, where every system takes it.

    >>> file_name("通话 01.wav", "0f" * 32), file_name("a\nb.wav", "0f" * 32), file_name("summary.wav", "0f" * 32)
    ('通话 01', 'a_b.0f0f0f0f', 'summary.0f0f0f0f')
    """
    stem = unicodedata.normalize("NFC", PurePath(name).stem)
    plain = "".join("_" if _forbidden(character) else character for character in stem).rstrip(". ") or "_"
    plain = plain.encode()[:MOST_BYTES].decode("utf-8", "ignore")
    usual = plain == stem and not _DEVICES.fullmatch(plain) and not _RESERVED.fullmatch(plain)
    return plain if usual else told_apart(plain, recording_id)


def told_apart(name: str, recording_id: str) -> str:
    """The name with a part of the recording's id, for a recording whose plain name another one has."""
    return f"{name}.{recording_id[:DIGITS]}"


def _forbidden(character: str) -> bool:
    return character in _FORBIDDEN or unicodedata.category(character) in UNPRINTABLE


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder of audits; several runs, on several machines, may write into it at once."""

    folder: Final[Path]

    def prepare(self) -> None:
        """Makes the folder, and removes drafts that a run left behind when it was killed.

        Raises
        ------
        CallauditError
            There is none and none can be made, or it is a file.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        for draft in self.folder.glob(".*.part"):
            with suppress(OSError):
                if time.time() - draft.stat().st_ctime > DRAFT_S:
                    draft.unlink()

    def is_current(self, name: str, recording_id: str, judged_at: datetime) -> bool:
        """Whether the folder holds this judgement of the recording."""
        wanted = microseconds(judged_at)
        if _time(self._path(name)) == wanted:
            return True
        return any(
            _time(path) == wanted and recording_in(path) == recording_id for path in self._paths(name, recording_id)
        )

    def settle(self) -> None:
        """Waits until everything written is on the disk."""
        if HASTY:
            os.sync()

    def write(self, name: str, recording_id: str, judged_at: datetime, report: Callable[[], str]) -> Path:
        """Puts the audit in its place, over an earlier one of the same recording; where it lies now.

        Raises
        ------
        CallauditError
            It cannot be written; `disk_full` in the cause's errno is for the caller to see.
        """
        data = report().encode()
        try:
            paths = self._paths(name, recording_id)
            for path in paths:
                if recording_in(path) == recording_id or (path == paths[0] and _is_lost(path)):
                    write_whole(path, data, modified_at=judged_at, hasty=HASTY)
                    return path
            for path in paths:
                try:
                    write_whole(path, data, only_new=True, modified_at=judged_at, hasty=HASTY)
                except FileExistsError:
                    if recording_in(path) == recording_id:  # another run has just written the same
                        return path
                    continue
                return path
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        raise CallauditError(f"{self.folder}: every name for the audit of {recording_id} is taken; empty the folder")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def _paths(self, name: str, recording_id: str) -> list[Path]:
        """Where the audit may lie, the place that suits best first."""
        plain = name.removesuffix(f".{recording_id[:DIGITS]}")
        names = (name, plain, told_apart(plain, recording_id), f"{plain[:40]}.{recording_id}")
        return [self._path(one) for one in dict.fromkeys(names) if one == name or not _RESERVED.fullmatch(one)]


def _is_lost(path: Path) -> bool:
    """Whether a power failure left nothing of a file but its name."""
    try:
        with path.open("rb") as stream:
            return not stream.read(LOST_BYTES).strip(b"\0")
    except FileNotFoundError:
        return False


def is_full(error: BaseException | None) -> bool:
    """Whether a disk, a quota or a file's greatest size stopped the writing."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _time(path: Path) -> int | None:
    """The file's time in microseconds; None where there is none, or it was cut short."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            stream.seek(max(0, status.st_size - len(END)))
            return status.st_mtime_ns // 1000 if stream.read() == END else None
    except FileNotFoundError:
        return None


def _unwritable(folder: Path, error: OSError) -> CallauditError:
    what = "the disk is full" if is_full(error) else error.strerror or str(error)
    return CallauditError(f"{folder}: cannot write the audits ({what}); make room or choose another --out, start again")
