"""Processes of ours that end when the one that began them is gone, however it ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def end_with_parent(*, group: bool = False) -> None:
    """From now on the death of the parent is this process's too; with `group`, also that of its process group.

    Does nothing in a process that `multiprocessing` did not begin.
    """
    threading.Thread(target=_wait, args=(group,), name="parent", daemon=True).start()


def _wait(group: bool) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        if group and hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)
