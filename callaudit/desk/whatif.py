"""What a change of a rule would do: who flips among stored calls, and how that stands against what people judged.

Nothing is written. Calls in which people judged the rule come first, then others that were reviewed, then the newest,
within a bound of calls and of time.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from callaudit.config import Config
from callaudit.desk.books import stamp
from callaudit.desk.knobs import Change, change
from callaudit.desk.learning import Present
from callaudit.desk.outcome import BROKEN
from callaudit.desk.trying import Stored, Trial, Tried, check, try_calls
from callaudit.errors import CallauditError, DeskError, StoreError
from callaudit.orphans import end_with_parent
from callaudit.rules.digests import asks_history
from callaudit.rules.rulebook import Written
from callaudit.store.database import Store
from callaudit.store.desk_tables import CaseRow, OpinionRow
from callaudit.store.tables import AuditDocument, AuditRow, CallDocument, CallRow, JudgingRow

log = logging.getLogger("callaudit.desk")

MOST_CALLS: Final = 500
TIME_LIMIT_S: Final = 10.0
"""From the first call on; reading the rulebook comes before."""
CHUNK: Final = 8
IDLE_S: Final = 300.0
"""A process that has nothing to do for so long is ended."""
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Flip:
    """A call that the change moves; `is_broken` is what people said of the rule, None where nothing."""

    tried: Tried
    agent: str | None
    is_broken: bool | None
    was_reviewed: bool

    @property
    def is_found(self) -> bool:
        """Whether the rule finds something that it did not find."""
        return _violated(self.tried.after) and not _violated(self.tried.before)

    @property
    def is_lost(self) -> bool:
        """Whether the rule finds it no more."""
        return _violated(self.tried.before) and not _violated(self.tried.after)

    @property
    def turns(self) -> bool:
        """Whether the verdict of the call is another."""
        before, after = self.tried.before, self.tried.after
        return before is not None and after is not None and before.verdict != after.verdict


@dataclass(slots=True)
class Outcome:
    """How a trial goes; `of` calls are to be tried, `n` have been."""

    change: Change
    of: int = 0
    n: int = 0
    n_unread: int = 0
    flips: list[Flip] = field(default_factory=list)
    before: Present = field(default_factory=Present)
    after: Present = field(default_factory=Present)
    seconds: float = 0.0
    is_done: bool = False
    fault: str = ""

    @property
    def n_unreported(self) -> int:
        """Newly found ones in calls that somebody reviewed without reporting a miss."""
        return sum(one.is_found and one.was_reviewed and one.is_broken is None for one in self.flips)


@dataclass(frozen=True, slots=True)
class _Chosen:
    call_id: int
    agent: str | None
    is_broken: bool | None
    was_reviewed: bool


def wanted(written: Written, rule_id: str, knob: str, value: str) -> Change:
    """The change that somebody wants, checked as far as that takes no time.

    Raises
    ------
    DeskError
    """
    rule = next((one for one in written.book.rules if one.id == rule_id), None)
    if rule is None:
        raise DeskError("the rulebook has no such rule")
    if asks_history(rule):
        raise DeskError("this rule looks at other calls, and cannot be tried here; use callaudit rescore --dry-run")
    return change(written, rule, knob, value)


class Trials:
    """The trials of a desk: one at a time for each user, the newest counts."""

    def __init__(self, store: Store, config: Config, *, limit_s: float = TIME_LIMIT_S) -> None:
        self._store, self._config, self._limit_s = store, config, limit_s
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._timer: threading.Timer | None = None
        self._by_user: dict[int, Outcome] = {}

    def begin(self, user_id: int, chosen: Change, most: int = MOST_CALLS) -> Outcome:
        """Begins a trial, and returns at once; one of the same user that is under way is given up."""
        made = Outcome(chosen)
        with self._lock:
            self._by_user[user_id] = made
        threading.Thread(target=self._work, args=(user_id, made, most), daemon=True).start()
        return made

    def run(self, user_id: int, chosen: Change, most: int = MOST_CALLS) -> Outcome:
        """The trial, when it is done."""
        made = Outcome(chosen)
        with self._lock:
            self._by_user[user_id] = made
        self._work(user_id, made, most)
        return made

    def of(self, user_id: int, rule: str) -> Outcome | None:
        """A user's newest trial of a rule."""
        with self._lock:
            found = self._by_user.get(user_id)
        return found if found is not None and found.change.rule == rule else None

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    # ── at work ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _work(self, user_id: int, made: Outcome, most: int) -> None:
        began = time.monotonic()
        try:
            self._try(made, most, lambda: self._by_user.get(user_id) is not made)
        except BrokenProcessPool:
            self.close()
            made.fault = "the trial failed; try it again"
        except CallauditError as error:
            made.fault = str(error)
        except Exception as error:  # the border of the thread: the page must hear of it
            log.error("a trial failed: %s", type(error).__name__)
            made.fault = "the trial failed; try it again"
        finally:
            made.seconds = made.seconds or time.monotonic() - began
            made.is_done = True

    def _try(self, made: Outcome, most: int, is_over: Callable[[], bool]) -> None:
        judge = self._config.judge
        trial = Trial(
            judge.rulebook, stamp(judge.rulebook), made.change.text(_extended(judge.rulebook)), made.change.rule,
            judge.sheet, judge.meaning,
        )  # fmt: skip
        if (why := self._call(check, trial)) is not None:
            raise DeskError(why)
        chosen = self._store.transact(lambda session: _chosen(session, made.change.rule, most), write=False)
        made.of = len(chosen)
        began = time.monotonic()
        for start in range(0, len(chosen), CHUNK):
            if is_over() or time.monotonic() - began > self._limit_s:
                break
            part = chosen[start : start + CHUNK]
            stored = self._store.transact(lambda session, of=part: self._stored(session, of), write=False)  # type: ignore[misc]  # bound now
            known = {one.call_id: one for one in part}
            results = self._call(try_calls, trial, stored)
            for one in results:
                _count(made, one, known[one.call_id])
            made.n_unread += len(part) - len(results)
            made.n += len(part)
        made.seconds = time.monotonic() - began

    def _stored(self, session: Session, part: Sequence[_Chosen]) -> list[Stored]:
        rows = session.execute(
            select(AuditRow.call_id, CallDocument.document, AuditDocument.document, JudgingRow.digests)
            .join(CallDocument, CallDocument.call_id == AuditRow.call_id)
            .join(AuditDocument, AuditDocument.audit_id == AuditRow.id)
            .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
            .where(AuditRow.latest, AuditRow.call_id.in_([one.call_id for one in part]))
        )
        found = []
        for call_id, call, judgement, digests in rows:
            try:
                opened = self._store.vault.opened
                found.append(Stored(call_id, opened(call), opened(judgement), digests))
            except StoreError:
                log.error("call %d cannot be read", call_id)
        return found

    def _call(self, work: Callable[..., Any], *given: Any) -> Any:
        """The outcome of something done in the process, which is begun where there is none."""
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _stand_alone)
            if self._timer is not None:
                self._timer.cancel()
            future = self._pool.submit(work, *given)
        found = future.result()
        with self._lock:
            self._timer = threading.Timer(IDLE_S, self.close)
            self._timer.daemon = True
            self._timer.start()
        return found


def _stand_alone() -> None:
    """Ctrl-C goes to whoever began this process, which decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _extended(rulebook: str) -> str:
    """The rulebook by which a file elsewhere extends it."""
    from pathlib import Path

    path = Path(rulebook)
    return str(path.resolve()) if path.exists() else rulebook


def _chosen(session: Session, rule: str, most: int) -> list[_Chosen]:
    """The calls to be tried, in their order."""
    judged = (OpinionRow.recording_id == CallRow.recording_id) & OpinionRow.stands & (OpinionRow.rule == rule)
    judged = judged & (OpinionRow.says != "unsure")
    reviewed = case((CaseRow.state.in_(("reviewed", "final")), 1), else_=0)
    columns: Any = select(AuditRow.call_id, AuditRow.agent_id, OpinionRow.says, reviewed)
    base = columns.join(CallRow, CallRow.id == AuditRow.call_id).where(AuditRow.latest)
    known = (
        base.outerjoin(OpinionRow, judged)
        .outerjoin(CaseRow, CaseRow.recording_id == CallRow.recording_id)
        .where(or_(OpinionRow.id.is_not(None), reviewed == 1))
        .order_by(OpinionRow.id.is_(None), CaseRow.reviewed_at.desc(), AuditRow.call_id.desc())
        .limit(most)
    )
    newest = (
        base.outerjoin(OpinionRow, judged)
        .outerjoin(CaseRow, CaseRow.recording_id == CallRow.recording_id)
        .order_by(AuditRow.call_id.desc())
        .limit(most)
    )
    found: dict[int, _Chosen] = {}
    for rows in (known, newest):
        for call_id, agent, says, was_reviewed in session.execute(rows):
            is_broken = None if says is None else says in BROKEN
            found.setdefault(call_id, _Chosen(call_id, agent, is_broken, bool(was_reviewed)))
    return list(found.values())[:most]


def _count(made: Outcome, tried: Tried, of: _Chosen) -> None:
    if tried.before is None or tried.after is None:
        made.n_unread += 1
        return
    if of.is_broken is not None:
        made.before = _counted(made.before, of.is_broken, _violated(tried.before))
        made.after = _counted(made.after, of.is_broken, _violated(tried.after))
    before, after = tried.before, tried.after
    if (before.status, before.verdict, before.score) != (after.status, after.verdict, after.score):
        made.flips.append(Flip(tried, of.agent, of.is_broken, of.was_reviewed))


def _counted(so_far: Present, is_broken: bool, is_found: bool) -> Present:
    return Present(
        so_far.hits + (is_broken and is_found), so_far.false + (not is_broken and is_found),
        so_far.missed + (is_broken and not is_found),
    )  # fmt: skip


def _violated(standing: Any) -> bool:
    return standing is not None and standing.status == "violated"
