"""The queue: flagged calls, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, Final, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.batch.sampling import Plan
from callaudit.desk import assignment, views
from callaudit.desk.asked import NOTHING, Asked, Chosen, Reviewed, asked_of, written
from callaudit.desk.people import User
from callaudit.desk.worklist import Colleague
from callaudit.errors import DeskError
from callaudit.records import Severity
from callaudit.store import queries
from callaudit.store.queries import Place
from callaudit.web.desk import Desk, SignedIn, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.queueing import Page, asked_in, known_in, read_page, wanted_by
from callaudit.web.reviewing import bench_of
from callaudit.web.words import say, words

router = APIRouter()
ViewId = Annotated[int, Path(ge=1, le=2**63 - 1)]

Which = Literal["chosen", "worst", "sample"]
Unit = Literal["agent", "percent"]

TABS: Final[tuple[tuple[str, Asked], ...]] = (
    ("open", NOTHING),
    ("mine", Asked(held="me", verdict="all")),
    ("free", Asked(held="nobody")),
    ("appeals", Asked(appeal=True, reviewed="all", verdict="all")),
    ("reviewed", Asked(reviewed="yes", verdict="all")),
)
"""Lists that everybody needs."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A list that one goes to with a click."""

    word: str
    query: str
    n: int
    here: bool


Assigner = Annotated[User, needs("assign")]
Judge = Annotated[User, needs("judge")]
Searcher = Annotated[User, needs("search")]


@router.get("/")
def queue(request: Request, desk: TheDesk, user: SignedIn) -> Response:
    """A page of the queue; for an agent, own calls that were reviewed."""
    return _drawn(request, desk, user)


@router.post("/assignments")
def assign(
    request: Request,
    desk: TheDesk,
    user: Assigner,
    which: Annotated[Which, Form()],
    query: Annotated[str, Form(max_length=4000)] = "",
    call: Annotated[list[str] | None, Form()] = None,
    share: Annotated[list[str] | None, Form()] = None,
    n: Annotated[int, Form(ge=1, le=assignment.MOST)] = 20,
    unit: Annotated[Unit, Form()] = "agent",
    seed: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Gives calls to reviewers: chosen ones, the worst of the filter, or a sample of it."""
    asked = asked_of(query)
    shares = {int(one): int(value) for one, _, value in (given.partition(":") for given in share or ())
              if _is_number(one) and _is_number(value) and 0 < int(value) <= 100}  # fmt: skip

    def work(session: Session) -> assignment.Given:
        if which == "chosen":
            chosen = [(one, int(seen)) for one, _, seen in (given.partition(":") for given in call or ())
                      if _is_number(seen)]  # fmt: skip
        elif which == "worst":
            chosen = assignment.worst(session, wanted_by(session, user, asked), n)
        else:
            plan = (
                Plan(per_agent=n, seed=seed) if unit == "agent" else Plan(share=Fraction(min(n, 100), 100), seed=seed)
            )
            chosen = assignment.sample(session, wanted_by(session, user, asked), plan)
        if which != "chosen" and not shares:
            raise DeskError("say who gets the calls")
        return assignment.assign(session, user, chosen, shares, now=desk.clock())

    given = desk.store.transact(work)
    return _drawn(request, desk, user, asked, told=_told(language_of(request, user), given), bad=bool(given.refused))


@router.post("/assignments/mine")
def take(
    request: Request, desk: TheDesk, user: Judge, taken: Annotated[str, Form(max_length=100)],
    query: Annotated[str, Form(max_length=4000)] = "",
) -> Response:  # fmt: skip
    """Takes a call that nobody has, or gives an own one back."""
    recording_id, _, seen = taken.partition(":")
    if not _is_number(seen):
        raise HTTPException(422)
    desk.store.transact(lambda session: assignment.take(session, user, recording_id, int(seen), now=desk.clock()))
    return _drawn(request, desk, user, asked_of(query))


@router.post("/views")
def keep_view(
    request: Request, desk: TheDesk, user: Searcher, name: Annotated[str, Form(max_length=200)],
    query: Annotated[str, Form(max_length=4000)] = "", shared: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Keeps the filters under a name."""
    desk.store.transact(lambda session: views.keep(session, user, name, query, shared=shared))
    return RedirectResponse(_link(request, asked_of(query)), 303)


@router.post("/views/{view_id}/delete")
def drop_view(request: Request, desk: TheDesk, user: Searcher, view_id: ViewId) -> Response:
    """Deletes an own view."""
    desk.store.transact(lambda session: views.drop(session, user, view_id))
    return RedirectResponse(_link(request, NOTHING), 303)


def _is_number(given: str) -> bool:
    """Whether it is a whole number that a database knows; `str.isdigit` takes ² for one."""
    return given.isascii() and given.isdigit() and len(given) < 10


def _drawn(
    request: Request, desk: Desk, user: User, asked: Asked | None = None, told: str = "", bad: bool = False
) -> Response:
    """The page, of what was asked or of what the address asks."""
    language = language_of(request, user)

    def work(session: Session) -> tuple[dict[str, str], Page, Place | None, list[Tab]]:
        known = known_in(desk, session)
        titles = bench_of(desk).sheets.titles(known.rules, language)
        wanted, after = asked_in(request, titles) if asked is None else (asked, None)
        tabs = _tabs(session, user, wanted)
        n = next((tab.n for tab in tabs if tab.query == wanted.query()), None)
        return titles, read_page(session, desk, user, wanted, after, n=n, known=known), after, tabs

    titles, found, after, tabs = desk.store.transact(work, write=False)
    asked = found.asked
    answer = page(
        request, user, "queue/page.html.j2", asked=asked, found=found, titles=titles, queue=found.queue, tabs=tabs,
        chips=list(_chips(language, asked, titles, found.colleagues)), began=began, length=length, written=written,
        plain=NOTHING, beyond=after is not None, link=_link, choices=_choices(language, found), told=told, bad=bad,
        today=desk.clock().date().isoformat(),
    )  # fmt: skip
    if "hx-request" in request.headers:
        answer.headers["HX-Push-Url"] = _link(request, asked, **({"after": written(after)} if after else {}))
    return answer


def _told(language: str, given: assignment.Given) -> str:
    """What became of an assignment, in words."""
    told = say(language, "queue.assigned" if 0 not in given.by_user else "queue.freed", n=given.n)
    return f"{told} {say(language, 'queue.refused', n=len(given.refused))}" if given.refused else told


def _tabs(session: Session, user: User, asked: Asked) -> list[Tab]:
    if not user.may("see all calls"):
        return []
    bare = replace(asked, q="", by="text")
    numbers = queries.counts(session, [wanted_by(session, user, own) for _, own in TABS])
    return [Tab(word, own.query(), n, own == bare) for (word, own), n in zip(TABS, numbers, strict=True)]


def _choices(language: str, found: Page) -> dict[str, list[tuple[str, str]]]:
    """What the fields offer: values and their words."""

    def told(key: str) -> str:
        return say(language, key)

    any_one = ("", told("queue.any"))
    return {
        "team": [any_one, *((one, one) for one in found.known.teams)],
        "severity": [any_one, *((one, told(f"look.severity.{one}")) for one in get_args(Severity))],
        "verdict": [
            (one, told(f"{'queue' if one in ('flagged', 'all') else 'look'}.verdict.{one}")) for one in get_args(Chosen)
        ],
        "sure": [any_one, *((str(one), f"{one}%") for one in (60, 70, 80, 90, 95))],
        "reviewed": [(one, told(f"queue.reviewed.{one}")) for one in get_args(Reviewed)],
        "held": [
            any_one,
            *((one, told(f"queue.held.{one}")) for one in ("me", "nobody", "somebody")),
            *((one.name, one.shown_name) for one in found.colleagues),
        ],
    }


def _link(request: Request, asked: Asked, **more: str) -> str:
    """The address of the queue with these filters."""
    query = urlencode([*asked.pairs(), *more.items()])
    return f"{request.scope.get('root_path', '')}/" + (f"?{query}" if query else "")


def _chips(
    language: str, asked: Asked, titles: Mapping[str, str], colleagues: Sequence[Colleague]
) -> Iterator[tuple[str, Asked]]:
    """What the list is narrowed to, in words, each with the filters that stay without it."""
    names = {one.name: one.shown_name for one in colleagues}
    for name, value in asked.pairs():
        if name == "by":
            yield say(language, "queue.by.sound"), asked.without(name)
            continue
        head = say(language, f"queue.{'find' if name == 'q' else name}")
        told = _value(language, name, value, titles, names)
        rest = replace(asked, q="", by="text") if name == "q" else asked.without(name, value)
        yield (f"{head}{'：' if language == 'zh' else ': '}{told}" if told else head), rest


def _value(language: str, name: str, value: str, titles: Mapping[str, str], names: Mapping[str, str]) -> str:
    """A value of a filter in words; empty where its name says it all."""
    if name == "appeal":
        return ""
    if name == "sure":
        return f"{value}%"
    if name == "rule":
        return titles.get(value, value)
    own = f"queue.{name}.{value}" if name in ("verdict", "reviewed", "held") else ""
    if own in words(language):
        return say(language, own)
    if name in ("severity", "verdict"):
        return say(language, f"look.{name}.{value}")
    return names.get(value, value) if name == "held" else value


def began(at: datetime | None, utc_offset_s: int | None) -> str:
    """When a call began, by the clocks where it took place; empty where nobody knows."""
    if at is None:
        return ""
    local = at.astimezone() if utc_offset_s is None else at + timedelta(seconds=utc_offset_s)
    return local.replace(tzinfo=None).isoformat(" ", "minutes")


def length(seconds: float) -> str:
    """Minutes and seconds.

    >>> length(62.6), length(4000)
    ('1:03', '66:40')
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
