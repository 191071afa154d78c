"""What judgements say of the rules, and changes tried on stored calls, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from callaudit.desk import learning
from callaudit.desk.learning import Band, Judged, Present
from callaudit.desk.people import User
from callaudit.desk.trying import Standing
from callaudit.desk.whatif import MOST_CALLS, MOST_SHOWN, Flip, wanted
from callaudit.errors import DeskError, NotThere
from callaudit.records import Status, Verdict
from callaudit.web.desk import TheDesk, needs
from callaudit.web.drawing import language_of
from callaudit.web.learning import rules_of, written_of
from callaudit.web.models import Fault, Model
from callaudit.web.trials import knobs_of, rulebook_of, trials_of
from callaudit.web.words import translated

router = APIRouter(prefix="/api", tags=["learning"])
Learner = Annotated[User, needs("learn")]
RuleId = Annotated[str, Path(min_length=1, max_length=200, description="id of a rule")]


class RuleOut(Model):
    """What people said of a rule; `precision` is upheld of upheld and overturned, with its 95 % interval (Wilson).

    `thin`: too few were judged for the precision to say much.
    """

    rule: str
    title: str | None
    upheld: int
    overturned: int
    unsure: int
    missed: int
    confirmed: int
    precision: float | None
    low: float | None
    high: float | None
    thin: bool


class BandOut(Model):
    """Findings of about the same confidence: how sure the machine was on average, and the share that was so."""

    start: float
    end: float
    n: int
    said: float
    right: float
    low: float
    high: float


class RulesOut(Model):
    """Rules that people judged, the worst first; and what confidence was worth over all of them."""

    rules: list[RuleOut]
    bands: list[BandOut]
    gap: float | None


class KnobOut(Model):
    """A value of a rule that can be tried."""

    knob: str
    kind: str
    number: float | None
    phrases: list[str]
    is_default: bool


class RuleDetailOut(Model):
    """A rule with what confidence was worth, and what can be tried of it."""

    judged: RuleOut
    bands: list[BandOut]
    knobs: list[KnobOut]


class WhatIfIn(Model):
    """A value of a rule replaced: a number, or phrases, one a line; tried on so many stored calls at most."""

    knob: Annotated[str, Field(min_length=1, max_length=200)]
    value: Annotated[str, Field(min_length=1, max_length=100_000)]
    calls: Annotated[int, Field(ge=1, le=MOST_CALLS)] = MOST_CALLS


class AgainstPeople(Model):
    """A rule against what people said, over the calls that were tried."""

    hits: int
    false: int
    missed: int
    precision: float | None
    recall: float | None


class StandingOut(Model):
    """How a call stands with the rule, and what it comes to."""

    status: Status | None
    confidence: float | None
    verdict: Verdict
    score: float | None


class FlipOut(Model):
    """A call that the change moves; `broken` is what people said, null where nothing."""

    call_id: int
    before: StandingOut
    after: StandingOut
    broken: bool | None


class WhatIfOut(Model):
    """What the change does: `tried` of `chosen` calls within the time limit, the first of those that move."""

    chosen: int
    tried: int
    unread: int
    n_flips: int
    flips: list[FlipOut]
    before: AgainstPeople
    after: AgainstPeople
    unreported: int
    seconds: float
    yaml: str


_READS: dict[int | str, dict[str, object]] = {403: {"model": Fault}, 404: {"model": Fault}}
_TRIES: dict[int | str, dict[str, object]] = {**_READS, 422: {"description": "It cannot be tried"}}


@router.get("/rules", responses={403: {"model": Fault}})
def list_rules(request: Request, desk: TheDesk, user: Learner) -> RulesOut:
    """The rules as people judged them."""
    titles = rules_of(written_of(desk)[0])
    with desk.store.session(write=False) as session:
        judged, bands = learning.overview(session), learning.bands(session)
    language = language_of(request, user)

    def title(rule: str) -> str | None:
        return titles[rule].title.of("zh" if language == "zh" else "en") if rule in titles else None

    return RulesOut(
        rules=[_rule(one, title(one.rule)) for one in judged], bands=[_band(one) for one in bands],
        gap=learning.gap(bands),
    )  # fmt: skip


@router.get("/rules/{rule}", responses=_READS)
def read_rule(request: Request, desk: TheDesk, user: Learner, rule: RuleId) -> RuleDetailOut:
    """One rule."""
    written, _ = written_of(desk)
    known = rules_of(written).get(rule)
    with desk.store.session(write=False) as session:
        judged, bands = learning.of_rule(session, rule), learning.bands(session, rule)
    if known is None and judged == Judged(rule):
        raise NotThere("there is no such rule")
    own = knobs_of(written, known) if written is not None and known is not None else ()
    title = known.title.of("zh" if language_of(request, user) == "zh" else "en") if known else None
    return RuleDetailOut(
        judged=_rule(judged, title), bands=[_band(one) for one in bands],
        knobs=[
            KnobOut(
                knob=one.id, kind=one.kind, number=one.number, phrases=list(one.phrases), is_default=one.is_default
            )
            for one in own
        ],
    )  # fmt: skip


@router.post("/rules/{rule}/what-if", responses=_TRIES)
def what_if(request: Request, desk: TheDesk, user: Learner, rule: RuleId, given: WhatIfIn) -> WhatIfOut:
    """Tries a change on stored calls, and answers when that is done; nothing is written."""
    written = rulebook_of(desk)
    if rule not in rules_of(written):
        raise NotThere("there is no such rule")
    trials = trials_of(request)
    done = trials.run(user.id, wanted(written, rule, given.knob, given.value), given.calls)
    if done.fault:
        raise DeskError(translated(language_of(request, user), done.fault))
    return WhatIfOut(
        chosen=done.of, tried=done.n, unread=done.n_unread, n_flips=len(done.flips),
        flips=[_flip(one) for one in done.flips[:MOST_SHOWN]], before=_against(done.before),
        after=_against(done.after), unreported=done.n_unreported, seconds=round(done.seconds, 2),
        yaml=done.change.text(desk.config.judge.rulebook),
    )  # fmt: skip


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _rule(one: Judged, title: str | None) -> RuleOut:
    low, high = one.interval or (None, None)
    return RuleOut(
        rule=one.rule, title=title, upheld=one.upheld, overturned=one.overturned, unsure=one.unsure,
        missed=one.missed, confirmed=one.confirmed, precision=one.precision, low=low, high=high, thin=one.is_thin,
    )  # fmt: skip


def _band(one: Band) -> BandOut:
    low, high = one.interval
    return BandOut(start=one.start, end=one.end, n=one.n, said=one.said, right=one.right, low=low, high=high)


def _against(one: Present) -> AgainstPeople:
    return AgainstPeople(
        hits=one.hits, false=one.false, missed=one.missed, precision=one.precision, recall=one.recall
    )  # fmt: skip


def _flip(one: Flip) -> FlipOut:
    before, after = one.tried.before, one.tried.after
    assert before is not None
    assert after is not None
    return FlipOut(
        call_id=one.tried.call_id, before=_standing(before), after=_standing(after), broken=one.is_broken
    )  # fmt: skip


def _standing(one: Standing) -> StandingOut:
    return StandingOut(status=one.status, confidence=one.confidence, verdict=one.verdict, score=one.score)
