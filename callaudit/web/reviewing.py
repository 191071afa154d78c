"""What pages and API share about judging: the bench, who acts on what they saw, and what others did in between."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

from callaudit.config import JudgeConfig
from callaudit.desk import trail
from callaudit.desk.cases import Bench, By, is_blind, recompute
from callaudit.desk.people import User
from callaudit.desk.reviews import Review, read_review, recording_of, review_of
from callaudit.desk.sheets import Sheets
from callaudit.desk.trail import Line
from callaudit.web.desk import Desk
from callaudit.web.moments import moment
from callaudit.web.words import words

ACTS: Final = (
    "judge finding", "report miss", "mark reviewed", "uphold all", "undo", "appeal", "withdraw appeal", "decide appeal",
)  # fmt: skip
"""What changes a case, as the trail calls it."""


@lru_cache(maxsize=8)
def _sheets(judge: JudgeConfig) -> Sheets:
    return Sheets(judge)


def bench_of(desk: Desk) -> Bench:
    """What acts on calls work with."""
    return Bench(desk.store, _sheets(desk.config.judge))


def by(desk: Desk, user: User, seen: int) -> By:
    """Who acts now, on the version they saw."""
    return By(user, desk.clock(), seen)


def recording(desk: Desk, user: User, call_id: int) -> str:
    """The recording of a call that somebody may see."""
    return desk.store.transact(lambda session: recording_of(session, user, call_id), write=False)


def reviewed(desk: Desk, user: User, recording_id: str) -> Review:
    """A call with what people say of it."""
    return review_of(bench_of(desk), user, recording_id, now=desk.clock(), period=appeal_period(desk))


def appeal_period(desk: Desk) -> timedelta:
    """How long after a review an agent may appeal."""
    return timedelta(days=desk.config.review.appeal_days)


def changes(desk: Desk, user: User, recording_id: str, seen: int = 0) -> tuple[Line, ...]:
    """What people did with a call since a version of its case, the newest first; nothing to who judges it blind."""

    def work(session: Session) -> tuple[Line, ...]:
        if is_blind(session, user.id, recording_id):
            return ()
        return trail.of_call(session, recording_id, ACTS, after=seen)

    return desk.store.transact(work, write=False)


def act_name(desk: Desk, language: str, line: Line) -> str:
    """What was done, in words; an act without words as it is written."""
    own = words(language)
    name = own.get(f"trail.act.{line.act}", line.act)
    rule, says, state = (line.what.get(key) or "" for key in ("rule", "says", "state"))
    title = bench_of(desk).sheets.title(rule, language) if rule else ""
    says = own.get(f"judging.says.{says}") or own.get(f"appeals.state.{state}")
    return " · ".join(part for part in (name, title, says) if part)


def context(session: Session, desk: Desk, user: User, recording_id: str, language: str) -> dict[str, Any]:
    """What the templates of judging need beside `call_id` and `queue`: given to every page that includes them."""
    case = read_review(session, bench_of(desk), user, recording_id, now=desk.clock(), period=appeal_period(desk))
    told = user.may("see all calls") and not case.is_blind
    return {
        "case": case,
        "history": trail.of_call(session, recording_id, ACTS) if told else (),
        "moment": moment,
        "act_name": lambda line: act_name(desk, language, line),
    }


def catch_up(desk: Desk, shown: Review) -> None:
    """Has lists show a call as its page does, where it was heard or judged anew since its case was worked out."""
    if shown.is_behind:
        recompute(bench_of(desk), [shown.case.recording_id])
