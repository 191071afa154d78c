"""The access matrix: every route, tried by everybody; and agents on calls that are not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from sqlalchemy import insert, select

from callaudit.desk import tokens
from callaudit.desk.people import RIGHTS, ROLES
from callaudit.store import caseload
from callaudit.store.desk_tables import CaseRow
from callaudit.store.tables import CallRow
from callaudit.web.desk import Desk
from tests.web.access import ROUTES, SENT
from tests.web.calls import AGENT, NOW
from tests.web.conftest import Browser, browser, signed_in

VISITORS = (None, "agent", "reviewer", "lead", "admin", "token that reads", "token that writes")
OTHER_AGENT = "8045"
GIVEN = {
    "account_id": "4",
    "token_id": "1",
    "appeal_id": "1",
    "name": "no-such-file.js",
    "rule": "greeting",
    "which": "missed",
}
"""What stands for the parts of an address."""


def routes_of(app: FastAPI) -> Iterator[str]:
    """Every route of an application, however it came there."""
    for context in iter_route_contexts(app.routes):
        methods = getattr(context, "methods", None) or {"MOUNT"}
        for method in sorted(methods - {"HEAD"}):
            yield f"{method} {context.path}"


@pytest.fixture
def call_of(desk: Desk) -> dict[str, int]:
    """A call of each agent; the agent's own ones have been reviewed."""
    with desk.store.session() as session:
        rows = session.execute(select(CallRow.id, CallRow.agent_id, CallRow.recording_id)).all()
        for row in rows:
            case = {"recording_id": row.recording_id, "version": 1, "state": "reviewed", "changed_at": NOW}
            session.execute(insert(CaseRow).values(case))
        caseload.point(session, [row.recording_id for row in rows])
    return {row.agent_id: row.id for row in rows}


def knock(app: FastAPI, desk: Desk, visitor: str | None, route: str, call_id: int) -> Response:
    """Tries a route as somebody."""
    method, path = route.split(" ")
    path = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: str(GIVEN.get(part[1], call_id)), path)
    return visit(app, desk, visitor).request(method, path, data=SENT.get(route), follow_redirects=False)


def visit(app: FastAPI, desk: Desk, visitor: str | None) -> Browser:
    if visitor is None or not visitor.startswith("token"):
        return browser(app, desk, visitor)
    user, _ = signed_in(desk.store, "lead", NOW)
    with desk.store.session() as session:
        key = tokens.make(session, user, "test", may_write=visitor.endswith("writes"), days=1, now=NOW)
    made = browser(app, desk)
    made.headers["Authorization"] = f"Bearer {key}"
    return made


def outcome(answer: Response) -> str:
    """in, refused, or shut (to be signed in first)."""
    to = answer.headers.get("location", "")
    if answer.status_code == 401 or (answer.status_code == 303 and re.match(r"/sign-in(\?|$)", to)):
        return "shut"
    return "refused" if answer.status_code == 403 else "in"


def wanted(visitor: str | None, route: str) -> str:
    """What the table says."""
    who = ROUTES[route]
    method, path = route.split(" ")
    if who == "open":  # forms need the token of the page, which nobody has fetched
        return "in" if method == "GET" or (visitor or "token")[:5] != "token" else "refused"
    if visitor is None:
        return "shut"
    if visitor.startswith("token"):
        if not path.startswith("/api/"):
            return "shut"
        if method != "GET" and visitor.endswith("reads"):
            return "refused"
        visitor = "lead"
    return "in" if who == "anybody" or visitor in RIGHTS[who] else "refused"


def test_every_route_has_a_line_and_every_line_a_route(app: FastAPI) -> None:
    assert sorted(routes_of(app)) == sorted(ROUTES)
    assert len(ROUTES) > 20


@pytest.mark.parametrize("visitor", VISITORS)
def test_everybody_gets_as_far_as_the_table_says(
    app: FastAPI, desk: Desk, call_of: dict[str, int], visitor: str | None
) -> None:
    got = {route: outcome(knock(app, desk, visitor, route, call_of[AGENT])) for route in ROUTES if "sso" not in route}
    assert got == {route: wanted(visitor, route) for route in got} | (
        {"POST /sign-out": "shut"} if visitor in ROLES else {}  # it ends at the sign-in page, as it should
    )


def test_an_agent_opens_own_calls_and_no_others(app: FastAPI, desk: Desk, call_of: dict[str, int]) -> None:
    calls = [route for route in ROUTES if "{call_id}" in route and wanted("agent", route) == "in"]
    assert "GET /calls/{call_id}/sound" in calls
    for route in calls:
        if route.startswith("GET"):
            assert knock(app, desk, "agent", route, call_of[AGENT]).status_code == 200, route
        foreign = knock(app, desk, "agent", route, call_of[OTHER_AGENT])
        nowhere = knock(app, desk, "agent", route, 999_999)
        assert foreign.status_code == nowhere.status_code, route
        assert foreign.status_code in (404, 422), route
        assert foreign.status_code == 404 or not route.startswith("GET"), route


@pytest.mark.parametrize(
    "path", ["/nowhere", "/openapi.json", "/docs", "/redoc", "/api/", "/api/docs", "/static/", "/calls/1/", "/%2e%2e/x"]
)
def test_what_is_not_there_is_shut_too(app: FastAPI, desk: Desk, path: str) -> None:
    assert outcome(browser(app, desk).get(path, follow_redirects=False)) == "shut"
    answer = browser(app, desk, "admin").get(path, follow_redirects=False)
    assert answer.status_code in (404, 307)


def test_a_page_of_the_navigation_is_one_that_its_reader_may_open(app: FastAPI, desk: Desk) -> None:
    for role in ROLES:
        visitor = browser(app, desk, role)
        bar = re.search(r"<nav.*?</nav>", visitor.get("/me").text, re.S)
        assert bar is not None
        links = re.findall(r'href="([^"]+)"', bar[0])
        assert "/" in links
        for link in links:
            assert outcome(visitor.get(link, follow_redirects=False)) == "in", (role, link)


def test_only_the_files_of_the_sign_in_page_are_open(app: FastAPI, desk: Desk) -> None:
    visitor = browser(app, desk)
    page = visitor.get("/sign-in").text
    own = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert all(visitor.get(path).status_code == 200 for path in own)
    assert visitor.get("/static/THIRD_PARTY.txt", follow_redirects=False).status_code in (303, 401)
