"""What people say of calls, for programs: opinions, reviews, appeals; every act names the version it has seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from callaudit.desk import appeals, judging
from callaudit.desk.appeals import Appeal, AppealState
from callaudit.desk.cases import Case, State
from callaudit.desk.outcome import Kind, Says
from callaudit.desk.people import User
from callaudit.desk.reviews import Review, Said
from callaudit.errors import Stale
from callaudit.records import Score, Verdict
from callaudit.web.desk import Desk, TheDesk, needs
from callaudit.web.drawing import language_of
from callaudit.web.models import Fault, Model
from callaudit.web.reviewing import appeal_period, bench_of, by, changes, recording, reviewed
from callaudit.web.words import translated

router = APIRouter(prefix="/api", tags=["judging"])
CallId = Annotated[int, Path(ge=1, le=2**63 - 1, description="id of a call")]
AppealId = Annotated[int, Path(ge=1, le=2**63 - 1, description="id of an appeal")]
Judge = Annotated[User, needs("judge")]
SeesCalls = Annotated[User, needs("see calls")]
Agent = Annotated[User, needs("appeal")]
Lead = Annotated[User, needs("decide appeals")]


class ScoreOut(Model):
    """Points out of 100 with their range, and a verdict."""

    verdict: Verdict
    score: float | None
    low: float | None
    high: float | None


class OpinionOut(Model):
    """What somebody said of a rule; `counts`: it decides the outcome; `who`: null where names are not for you."""

    id: int
    rule: str
    says: Says
    kind: Kind
    comment: str
    who: str | None
    at: datetime
    counts: bool
    found: str
    confidence: float | None
    start_s: float | None
    end_s: float | None


class AppealOut(Model):
    """An appeal and its decision; `by_reviewer`: who decided it had judged the finding, nobody else could decide."""

    id: int
    call_id: int | None
    rule: str
    agent: str
    at: datetime
    reason: str
    state: AppealState
    decider: str | None
    decided_at: datetime | None
    answer: str
    by_reviewer: bool
    version: int


class ReviewOut(Model):
    """How far people are with a call; `left` are rules found broken that nobody has judged."""

    call_id: int
    version: int
    state: State
    reviewer: str | None
    reviewed_at: datetime | None
    assignee: str | None
    machine: ScoreOut
    outcome: ScoreOut
    broken: list[str]
    left: list[str]
    unsure: list[str]
    changed: list[str]
    opinions: list[OpinionOut]
    appeals: list[AppealOut]


class Change(Model):
    """What somebody did since."""

    who: str | None
    at: datetime
    act: str
    rule: str | None


class Conflict(Model):
    """Somebody has changed the call since the version that the request has seen."""

    detail: str
    version: int
    changes: list[Change]


class _Seen(Model):
    version: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the call, as it was seen")]


class OpinionIn(_Seen):
    """What is said of a rule; one that was missed needs its place."""

    rule: Annotated[str, Field(min_length=1, max_length=200)]
    says: Says
    comment: Annotated[str, Field(max_length=2000)] = ""
    start_s: Annotated[float | None, Field(ge=0, le=1e6)] = None
    end_s: Annotated[float | None, Field(ge=0, le=1e6)] = None


class ReviewIn(_Seen):
    """The call is done; `uphold_rest` upholds what nobody has judged."""

    uphold_rest: bool = False


class AppealIn(_Seen):
    """An objection to a finding."""

    rule: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class DecisionIn(_Seen):
    """A decision on an appeal."""

    granted: bool
    answer: Annotated[str, Field(min_length=1, max_length=2000)]


class UndoIn(_Seen):
    """One's own last act is taken back."""


class WithdrawalIn(_Seen):
    """An own appeal is taken back."""


Answer = ReviewOut | JSONResponse

_FAULTS: dict[int | str, dict[str, object]] = {
    403: {"model": Fault}, 404: {"model": Fault}, 409: {"model": Conflict}, 422: {"description": "It cannot be done"},
}  # fmt: skip
_READS: dict[int | str, dict[str, object]] = {403: {"model": Fault}, 404: {"model": Fault}}


@router.get("/calls/{call_id}/review", responses=_READS)
def read_review(desk: TheDesk, user: SeesCalls, call_id: CallId) -> ReviewOut:
    """What people say of a call."""
    return _review(reviewed(desk, user, recording(desk, user, call_id)))


@router.post("/calls/{call_id}/opinions", status_code=201, response_model=ReviewOut, responses=_FAULTS)
def add_opinion(request: Request, desk: TheDesk, user: Judge, call_id: CallId, given: OpinionIn) -> Answer:
    """Says something of a rule."""
    who, bench = by(desk, user, given.version), bench_of(desk)

    def act(recording_id: str) -> Case:
        if given.says == "missed":
            start_s = -1.0 if given.start_s is None else given.start_s
            return judging.report_miss(bench, who, recording_id, given.rule, start_s, given.end_s, given.comment)
        return judging.judge(bench, who, recording_id, given.rule, given.says, given.comment)

    return _done(request, desk, user, recording(desk, user, call_id), given.version, act)


@router.post("/calls/{call_id}/undo", response_model=ReviewOut, responses=_FAULTS)
def undo(request: Request, desk: TheDesk, user: Judge, call_id: CallId, given: UndoIn) -> Answer:
    """Takes one's own last act on a call back."""
    who, bench = by(desk, user, given.version), bench_of(desk)
    of = recording(desk, user, call_id)
    return _done(request, desk, user, of, given.version, lambda one: judging.undo(bench, who, one))


@router.post("/calls/{call_id}/reviewed", response_model=ReviewOut, responses=_FAULTS)
def mark_reviewed(request: Request, desk: TheDesk, user: Judge, call_id: CallId, given: ReviewIn) -> Answer:
    """Marks a call reviewed."""
    who, bench = by(desk, user, given.version), bench_of(desk)
    act = judging.uphold_all if given.uphold_rest else judging.mark_reviewed
    of = recording(desk, user, call_id)
    return _done(request, desk, user, of, given.version, lambda one: act(bench, who, one))


@router.post("/calls/{call_id}/appeals", status_code=201, response_model=ReviewOut, responses=_FAULTS)
def add_appeal(request: Request, desk: TheDesk, user: Agent, call_id: CallId, given: AppealIn) -> Answer:
    """Objects to a finding of an own call."""
    who, bench, period = by(desk, user, given.version), bench_of(desk), appeal_period(desk)
    of = recording(desk, user, call_id)
    return _done(
        request, desk, user, of, given.version,
        lambda one: appeals.appeal(bench, who, one, given.rule, given.reason, period),
    )  # fmt: skip


@router.get("/appeals", responses={403: {"model": Fault}})
def list_appeals(
    desk: TheDesk, user: SeesCalls, state: Literal["open", "closed"] = "open",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="last id of the page before")] = None,
) -> list[AppealOut]:  # fmt: skip
    """Appeals: open ones, the longest waiting first; or closed ones, the newest first."""
    with desk.store.session(write=False) as session:
        if state == "open":
            return [_appeal(one) for one in appeals.open_appeals(session, user)]
        return [_appeal(one) for one in appeals.closed_appeals(session, user, before=before)]


@router.post("/appeals/{appeal_id}/decision", response_model=ReviewOut, responses=_FAULTS)
def decide(request: Request, desk: TheDesk, user: Lead, appeal_id: AppealId, given: DecisionIn) -> Answer:
    """Decides an appeal; who judged the finding may not, unless nobody else may."""
    who, bench, of = by(desk, user, given.version), bench_of(desk), _of_appeal(desk, user, appeal_id)
    return _done(
        request, desk, user, of, given.version,
        lambda _: appeals.decide(bench, who, appeal_id, granted=given.granted, answer=given.answer),
    )  # fmt: skip


@router.post("/appeals/{appeal_id}/withdrawal", response_model=ReviewOut, responses=_FAULTS)
def withdraw(request: Request, desk: TheDesk, user: Agent, appeal_id: AppealId, given: WithdrawalIn) -> Answer:
    """Takes an own appeal back."""
    who, bench, of = by(desk, user, given.version), bench_of(desk), _of_appeal(desk, user, appeal_id)
    return _done(request, desk, user, of, given.version, lambda _: appeals.withdraw(bench, who, appeal_id))


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _done(request: Request, desk: Desk, user: User, recording_id: str, seen: int, act: Callable[[str], Case]) -> Answer:
    """How the call stands after the act; where somebody was faster, who did what."""
    try:
        act(recording_id)
    except Stale as error:
        told = _conflict(request, desk, user, recording_id, seen, error)
        return JSONResponse(told.model_dump(mode="json"), 409)
    return _review(reviewed(desk, user, recording_id))


def _conflict(request: Request, desk: Desk, user: User, recording_id: str, seen: int, error: Stale) -> Conflict:
    names = user.may("see all calls")
    told = [
        Change(
            who=(line.shown_name or line.who) if names else None, at=line.at, act=line.act, rule=line.what.get("rule")
        )
        for line in changes(desk, user, recording_id, seen)
    ]
    version = reviewed(desk, user, recording_id).version
    return Conflict(detail=translated(language_of(request, user), str(error)), version=version, changes=told)


def _of_appeal(desk: Desk, user: User, appeal_id: int) -> str:
    with desk.store.session(write=False) as session:
        return appeals.one_appeal(session, user, appeal_id).recording_id


def _review(given: Review) -> ReviewOut:
    case, outcome = given.case, given.outcome
    return ReviewOut(
        call_id=given.machine.call_id, version=case.version, state=case.state, reviewer=given.reviewer,
        reviewed_at=case.reviewed_at, assignee=given.assignee, machine=_score(given.machine.score),
        outcome=_score(outcome.score), broken=[one.rule for one in outcome.broken], left=list(outcome.left),
        unsure=list(outcome.unsure), changed=list(outcome.changed),
        opinions=[_opinion(one) for one in given.history], appeals=[_appeal(one) for one in given.appeals],
    )  # fmt: skip


def _score(given: Score) -> ScoreOut:
    return ScoreOut(verdict=given.verdict, score=given.value, low=given.low, high=given.high)


def _opinion(given: Said) -> OpinionOut:
    one = given.opinion
    return OpinionOut(
        id=one.id, rule=one.rule, says=one.says, kind=one.kind, comment=one.comment, who=given.who, at=one.at,
        counts=given.counts, found=one.found, confidence=one.confidence,
        start_s=one.span.start_s if one.span else None, end_s=one.span.end_s if one.span else None,
    )  # fmt: skip


def _appeal(given: Appeal) -> AppealOut:
    return AppealOut(
        id=given.id, call_id=given.call_id, rule=given.rule, agent=given.agent, at=given.at, reason=given.reason,
        state=given.state, decider=given.decider, decided_at=given.decided_at, answer=given.answer,
        by_reviewer=given.is_own, version=given.version,
    )  # fmt: skip
