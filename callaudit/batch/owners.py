"""Who holds a lease: one run in one process of one machine, told apart even where process numbers come round again."""

from __future__ import annotations

import os
import secrets
import socket
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

SAME_BIRTH_S = 60.0
"""Two looks at one process may differ by so much in when it began: the clock is set meanwhile."""


def new_owner() -> str:
    """A name for a run of this process: host, process and a random part, so that no two runs ever share one."""
    born_s = psutil.Process().create_time()
    return f"{_place()}:{os.getpid()}:{born_s:.0f}:{secrets.token_hex(8)}"


def is_dead(owner: str) -> bool:
    """Whether the owner surely lives no more; False of one on another machine, of which nobody knows."""
    parts = owner.rsplit(":", 3)
    if len(parts) != 4 or parts[0] != _place() or not (parts[1].isdigit() and parts[2].isdigit()):
        return False
    try:
        process = psutil.Process(int(parts[1]))
        away_s = float(process.create_time()) - int(parts[2])
        return abs(away_s) > SAME_BIRTH_S or str(process.status()) == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:  # it is there, and may not be looked at
        return False


@cache
def _place() -> str:
    """Where process numbers mean the same: on Linux this boot of this kernel, and the process namespace.

    A name alone does not do: cloned machines share it, and each would take the other's processes for dead.
    """
    parts = [socket.gethostname(), f"{uuid.getnode():x}"]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]"))
    return "/".join(parts)
