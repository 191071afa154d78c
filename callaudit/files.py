"""Files written whole or not at all: drafted beside their place and then named, so that no half file is ever seen."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_whole(
    path: Path, data: bytes, *, only_new: bool = False, modified_at: datetime | None = None, hasty: bool = False
) -> None:
    """Put a file in its place, whole and on the disk, with the rights that a new file has.

    Parameters
    ----------
    hasty : do not wait for the disk; where the power fails soon after, the file may lie there cut short
    only_new : leave a file that is there alone, and raise FileExistsError
    modified_at : what the file's time shall be, to the microsecond; by default the present

    Raises
    ------
    OSError
        It cannot be written; nothing is left of it.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{_short(path.name)}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if not hasty:
                os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(draft).chmod(0o666 & ~mask)
        if modified_at is not None:
            moment_ns = microseconds(modified_at) * 1000
            os.utime(draft, ns=(moment_ns, moment_ns))
        if only_new:
            _name_new(Path(draft), path)
        else:
            Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink(missing_ok=True)
        raise


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970: what `write_whole` gives a file as its time."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _name_new(draft: Path, path: Path) -> None:
    """Give the draft its name unless it is taken; where there are no links, somebody may come between."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path)) from error
        draft.replace(path)
    else:
        draft.unlink()


def _short(name: str) -> str:
    """So much of a name that a draft's name stays below the 255 bytes that a file system takes."""
    return os.fsencode(name)[:100].decode("utf-8", "ignore")
