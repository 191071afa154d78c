"""Who holds a lease: one run in one process of one machine, told apart even where process numbers come round again."""

from __future__ import annotations

import os
import secrets
import socket
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


def _place() -> str:
    """This machine, and on Linux the process namespace: two containers may share the name of a host."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{space.strip('pid:[]')}"
