"""The queue: flagged calls, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from callaudit.desk.asked import NOTHING, Asked, Chosen, Reviewed, written
from callaudit.desk.people import User
from callaudit.desk.worklist import Colleague
from callaudit.records import Severity
from callaudit.store import queries
from callaudit.web.desk import SignedIn, TheDesk, page
from callaudit.web.drawing import language_of
from callaudit.web.queueing import Page, asked_in, page_of, titles_of, wanted_by
from callaudit.web.words import say, words

router = APIRouter()

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


@router.get("/")
def queue(request: Request, desk: TheDesk, user: SignedIn) -> Response:
    """A page of the queue; for an agent, own calls that were reviewed."""
    language = language_of(request, user)
    titles = titles_of(desk, language)
    asked, after = asked_in(request, titles)
    found = page_of(desk, user, asked, after)
    answer = page(
        request, user, "queue/page.html.j2", asked=asked, found=found, titles=titles, queue=asked.query(),
        tabs=desk.store.transact(lambda session: _tabs(session, user, asked), write=False),
        chips=list(_chips(language, asked, titles, found.colleagues)), began=began, length=length, written=written,
        plain=NOTHING, beyond=after is not None, link=_link, choices=_choices(language, found),
    )  # fmt: skip
    if "hx-request" in request.headers:
        answer.headers["HX-Push-Url"] = _link(request, asked)
    return answer


def _tabs(session: Session, user: User, asked: Asked) -> list[Tab]:
    if not user.may("see all calls"):
        return []
    bare = replace(asked, q="", by="text")
    return [
        Tab(word, own.query(), queries.count(session, wanted_by(session, user, own)), own == bare) for word, own in TABS
    ]


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
    return local.strftime("%Y-%m-%d %H:%M")


def length(seconds: float) -> str:
    """Minutes and seconds.

    >>> length(62.6), length(4000)
    ('1:03', '66:40')
    """
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
