"""The rulebook of the settings as it was written, for pages that show its rules; read again when its files change."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from callaudit.errors import RulebookError
from callaudit.rules.merging import extended_by
from callaudit.rules.rulebook import Written, read_rulebook

LOOKED_EVERY_S: Final = 2.0
"""The files are not asked more often whether they have changed."""
Stamp = tuple[tuple[str, int, int], ...]


class Books:
    """One rulebook, read when it is first asked for: that takes seconds, and whoever asks meanwhile waits."""

    def __init__(self, rulebook: str) -> None:
        self.name = rulebook
        self._lock = Lock()
        self._held: tuple[Stamp, Written] | None = None
        self._looked_at = -LOOKED_EVERY_S

    def written(self) -> Written:
        """The rulebook as it is now.

        Raises
        ------
        RulebookError
            It is faulty, or gone.
        """
        with self._lock:
            if self._held is not None and time.monotonic() - self._looked_at < LOOKED_EVERY_S:
                return self._held[1]
            now = stamp(self.name)
            if self._held is None or self._held[0] != now:
                found = read_rulebook(self.name)
                assert found is not None  # it refuses what is faulty
                self._held = (now, found)
            self._looked_at = time.monotonic()
            return self._held[1]


@lru_cache(maxsize=8)
def books_of(rulebook: str) -> Books:
    """The one that everything in this process asks for a rulebook, so that it is read and held once."""
    return Books(rulebook)


def stamp(rulebook: str | Path) -> Stamp:
    """What tells one state of a rulebook's files from another; of those that come with the program, nothing.

    Raises
    ------
    RulebookError
    """
    path = Path(rulebook)
    if not path.exists():
        return ()
    try:
        files = sorted(path.glob("*.y*ml")) if path.is_dir() else [path]
        own = tuple((str(file), (now := file.stat()).st_mtime_ns, now.st_size) for file in files)
    except OSError as error:
        raise RulebookError(f"{rulebook}: cannot be read ({error.strerror})") from error
    base = extended_by(rulebook)
    return own if base is None else own + stamp(base)
