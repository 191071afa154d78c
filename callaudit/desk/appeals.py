"""Appeals (申诉): an agent objects to a finding of an own call that was reviewed, a lead decides (终审).

What a lead decides outranks every review of that rule, for good: the score is worked out anew by it. Who judged a
finding does not decide the appeal against it, unless nobody else may: then that is told on the page and in the trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import and_, bindparam, exists, false, func, insert, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from callaudit.config import ReviewConfig
from callaudit.desk.cases import Bench, By, Case, sees
from callaudit.desk.judging import LONGEST_COMMENT, Scene, acting, state_after
from callaudit.desk.outcome import BROKEN, Says
from callaudit.desk.people import RIGHTS, User
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.store.desk_tables import AppealRow, CaseRow, OpinionRow, UserRow
from callaudit.store.tables import AuditRow, CallRow

AppealState = Literal["open", "granted", "refused", "withdrawn"]
Stance = Literal["apart", "barred", "alone"]
"""How a lead stands to a finding: did not judge it; did, and another may decide; did, and nobody else may."""
PERIOD: Final = timedelta(days=ReviewConfig().appeal_days)
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as lists show it; `version` is that of its case, `reviewer_id` who had reviewed the call.

    `call_id` is None once the call was purged. `is_own` says that who decided it had judged the finding, too.
    """

    id: int
    recording_id: str
    call_id: int | None
    version: int
    rule: str
    user_id: int
    agent: str
    agent_id: str | None
    started_at: datetime | None
    at: datetime
    reason: str
    state: AppealState
    decider: str | None
    decided_at: datetime | None
    answer: str
    reviewer_id: int | None
    is_own: bool


# ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def appeal(bench: Bench, by: By, recording_id: str, rule: str, reason: str, period: timedelta = PERIOD) -> Case:
    """Objects to a rule that an own call was found to have broken, once, within a period from its review.

    Raises
    ------
    Stale, NotAllowed, NotThere, DeskError
    """
    by.needs("appeal")
    said = _said(reason)

    def act(scene: Scene) -> Case:
        case = scene.case
        if not sees(by.user, scene.machine.agent_id, case.state) or case.reviewed_at is None:
            raise NotThere("there is no such call, or it is not yours to see")
        if rule not in {finding.rule for finding in scene.outcome().broken}:
            raise DeskError("nothing was held against you by this rule")
        if by.now > case.reviewed_at + period:
            raise DeskError("the time to appeal is over")
        before = select(func.count()).select_from(AppealRow).where(
            AppealRow.recording_id == recording_id, AppealRow.rule == rule, AppealRow.state != "withdrawn"
        )  # fmt: skip
        if scene.session.scalar(before):
            raise DeskError("there is an appeal against this finding already")
        row = {
            "recording_id": recording_id, "rule": rule, "user_id": by.user.id, "at": scene.at, "reason": said,
            "state": "open", "answer": "",
        }  # fmt: skip
        appeal_id = scene.session.scalar(insert(AppealRow).returning(AppealRow.id).values(row))
        return scene.close("appeal", {"appeal": appeal_id, "rule": rule}, state="reviewed")

    return acting(bench, by, recording_id, act)


def withdraw(bench: Bench, by: By, appeal_id: int) -> Case:
    """Takes an own appeal back that nobody has decided yet; it may be made anew within the period.

    Raises
    ------
    Stale, NotAllowed, NotThere, DeskError
    """
    by.needs("appeal")
    recording_id = _recording(bench, by.user, appeal_id)

    def act(scene: Scene) -> Case:
        row = _open(scene.session, appeal_id)
        scene.session.execute(update(AppealRow).where(AppealRow.id == appeal_id).values(state="withdrawn"))
        state = state_after(scene.session, recording_id)
        return scene.close("withdraw appeal", {"appeal": appeal_id, "rule": row.rule}, state=state)

    return acting(bench, by, recording_id, act)


def decide(bench: Bench, by: By, appeal_id: int, *, granted: bool, answer: str) -> Case:
    """Decides an appeal; granted, the finding is overturned, refused, it stands: either for good.

    Raises
    ------
    NotAllowed
        They judged the finding themselves, and somebody else may decide.
    Stale, NotThere, DeskError
    """
    by.needs("decide appeals")
    said = _said(answer)
    recording_id = _recording(bench, by.user, appeal_id)

    def act(scene: Scene) -> Case:
        row = _open(scene.session, appeal_id)
        stance = stance_of(scene.session, by.user, recording_id, row.rule, scene.case.reviewer_id)
        if stance == "barred":
            raise NotAllowed("you judged this finding; somebody else decides the appeal")
        stands = scene.outcome().standing.get(row.rule)
        if scene.machine.finding(row.rule) is not None:  # else the rule has gone from the rulebook, and costs nothing
            kept: Says = stands.says if stands is not None and stands.says in BROKEN else "upheld"
            span = None if stands is None else stands.span
            scene.say(row.rule, "overturned" if granted else kept, "", span, kind="final")
        state: AppealState = "granted" if granted else "refused"
        decided = {"state": state, "decided_by": by.user.id, "decided_at": scene.at, "answer": said}
        scene.session.execute(update(AppealRow).where(AppealRow.id == appeal_id).values(**decided))
        what = {"appeal": appeal_id, "rule": row.rule, "state": state, "own": stance == "alone"}
        return scene.close("decide appeal", what, state=state_after(scene.session, recording_id))

    return acting(bench, by, recording_id, act)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def open_appeals(session: Session, user: User, *, limit: int = PAGE) -> tuple[Appeal, ...]:
    """Appeals to be decided, the longest waiting first; of an agent own ones."""
    wanted = _wanted(user).where(AppealRow.state == "open").order_by(AppealRow.at, AppealRow.id)
    return _appeals(session, wanted.limit(limit))


def closed_appeals(session: Session, user: User, *, before: int | None = None, limit: int = PAGE) -> tuple[Appeal, ...]:
    """Appeals decided or withdrawn, the newest first; of an agent own ones.

    Parameters
    ----------
    before : the id of the last one of the page before
    """
    wanted = _wanted(user).where(AppealRow.state != "open").order_by(AppealRow.id.desc())
    return _appeals(session, (wanted if before is None else wanted.where(AppealRow.id < before)).limit(limit))


def appeals_of(session: Session, user: User, recording_id: str) -> tuple[Appeal, ...]:
    """All appeals of a call, the oldest first; of an agent own ones."""
    wanted = _of_call(user.may("see all calls"))
    return _appeals(session, wanted, {"recording_id": recording_id, "user_id": user.id})


def one_appeal(session: Session, user: User, appeal_id: int) -> Appeal:
    """An appeal.

    Raises
    ------
    NotThere
    """
    found = _appeals(session, _wanted(user).where(AppealRow.id == appeal_id))
    if not found:
        raise NotThere("there is no such appeal, or it is not yours to see")
    return found[0]


def n_open(session: Session, user: User) -> int:
    """How many appeals wait for a decision."""
    counted = select(func.count()).select_from(AppealRow).where(AppealRow.state == "open", *_own(user))
    return session.scalar(counted) or 0


def stance_of(session: Session, user: User, recording_id: str, rule: str, reviewer_id: int | None) -> Stance:
    """Whether somebody judged a finding, or reviewed its call; and if so, whether another may decide in their place."""
    own = or_(_judged(recording_id, rule, UserRow.id), UserRow.id == reviewer_id)
    if session.scalar(select(UserRow.id).where(UserRow.id == user.id, own)) is None:
        return "apart"
    others = select(UserRow.id).where(
        UserRow.role.in_(RIGHTS["decide appeals"]), UserRow.id != user.id, UserRow.disabled_at.is_(None), ~own
    )
    return "alone" if session.scalar(others.limit(1)) is None else "barred"


def _judged(recording_id: Any, rule: Any, user_id: Any) -> Any:  # columns or values; an EXISTS
    """Whether that one ever said something of the finding in a review, and did not take it back."""
    return exists().where(
        OpinionRow.recording_id == recording_id, OpinionRow.rule == rule, OpinionRow.user_id == user_id,
        OpinionRow.kind == "review", OpinionRow.undone_at.is_(None),
    )  # fmt: skip


def _own(user: User) -> Sequence[Any]:
    return () if user.may("see all calls") else (AppealRow.user_id == user.id,)


def _wanted(user: User) -> Any:  # a SELECT
    return _listed(user.may("see all calls")).where(*_own(user))


@cache
def _listed(with_decider: bool) -> Any:  # a SELECT
    author, decider = aliased(UserRow), aliased(UserRow)
    latest = exists().where(AuditRow.call_id == CallRow.id, AuditRow.latest)
    return (
        select(
            AppealRow.id, AppealRow.recording_id, CallRow.id, CaseRow.version, AppealRow.rule, AppealRow.user_id,
            author.shown_name, author.agent_id, CallRow.started_at, AppealRow.at, AppealRow.reason, AppealRow.state,
            decider.shown_name if with_decider else null(), AppealRow.decided_at, AppealRow.answer,
            CaseRow.reviewer_id,
            or_(
                _judged(AppealRow.recording_id, AppealRow.rule, AppealRow.decided_by),
                func.coalesce(CaseRow.reviewer_id == AppealRow.decided_by, false()),
            ),
        )
        .join(CaseRow, CaseRow.recording_id == AppealRow.recording_id)
        .join(author, author.id == AppealRow.user_id)
        .outerjoin(decider, decider.id == AppealRow.decided_by)
        .outerjoin(CallRow, and_(CallRow.recording_id == AppealRow.recording_id, latest))
    )  # fmt: skip


@cache
def _of_call(sees_all: bool) -> Any:  # a SELECT of a recording, and of an agent
    wanted = _listed(sees_all).where(AppealRow.recording_id == bindparam("recording_id")).order_by(AppealRow.id)
    return wanted if sees_all else wanted.where(AppealRow.user_id == bindparam("user_id"))


def _appeals(session: Session, wanted: Any, given: Mapping[str, Any] | None = None) -> tuple[Appeal, ...]:
    return tuple(Appeal(*row) for row in session.execute(wanted, given))


def _recording(bench: Bench, user: User, appeal_id: int) -> str:
    """Whose appeal it is; an agent finds own ones alone."""
    return bench.store.transact(lambda session: one_appeal(session, user, appeal_id), write=False).recording_id


def _open(session: Session, appeal_id: int) -> AppealRow:
    row = session.get(AppealRow, appeal_id, populate_existing=True)
    if row is None:
        raise NotThere("there is no such appeal, or it is not yours to see")
    if row.state != "open":
        raise DeskError("this appeal is open no more")
    return row


def _said(given: str) -> str:
    said = given.strip()
    if not said:
        raise DeskError("say why")
    if len(said) > LONGEST_COMMENT:
        raise DeskError("that is too long; 2000 characters at most")
    return said
