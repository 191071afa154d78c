"""How far a run is, and how it went: what it tells those who watch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callaudit.batch.tasks import Outcome


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is.

    `n_files` were found so far, `is_listing` while more are being found. Of the recordings in them `n_before` were done
    by earlier runs, `n_quarantined` failed in earlier runs and are left alone, and `n_to_do` are this run's; of these
    `n_done` are done, `n_failed` in quarantine; `n_retries` attempts failed and will be made again. `audio_s` is the
    length of the calls done, `busy_s` what workers took.
    """

    n_files: int = 0
    n_before: int = 0
    n_quarantined: int = 0
    n_to_do: int = 0
    n_done: int = 0
    n_failed: int = 0
    n_retries: int = 0
    audio_s: float = 0.0
    busy_s: float = 0.0
    elapsed_s: float = 0.0
    is_listing: bool = True

    @property
    def n_settled(self) -> int:
        """This run's recordings that are done or in quarantine."""
        return self.n_done + self.n_failed

    @property
    def n_waiting(self) -> int:
        """Recordings that are found and not settled."""
        return max(0, self.n_to_do - self.n_settled)


Listener = Callable[[Outcome | None, Standing], None]
"""Told of every outcome as soon as it is kept, and with None now and then while nothing happens."""


@dataclass(frozen=True, slots=True)
class RunFigures:
    """How a run went: states of its tasks are as the store has them at the end, whoever brought them there.

    `n_failed` recordings failed in this run, `n_quarantined` before it and were not tried again
    (`callaudit.batch.scope.failed_now`). `n_unsettled` files were being written, changed or went while they were
    enrolled; the next run takes them. `stopped` says what ended it early, None where everything was tried.
    """

    run_id: int
    n_files: int
    n_hashed: int
    n_duplicates: int
    n_before: int
    n_unsettled: int
    n_heard: int
    n_retries: int
    n_done: int
    n_failed: int
    n_left: int
    n_written: int
    audio_s: float
    busy_s: float
    elapsed_s: float
    stopped: str | None = None
    n_quarantined: int = 0
