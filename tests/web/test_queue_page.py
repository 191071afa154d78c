"""The queue as a page: what it lists, how it is narrowed, and what agents see of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from callaudit.store import caseload
from callaudit.store.desk_tables import CaseRow, ViewRow
from callaudit.store.tables import AccessRow
from callaudit.web.desk import Desk
from tests.web.conftest import Browser


def _calls(browser: Browser, path: str = "/") -> list[int]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return _listed(answer.text)


def _listed(page: str) -> list[int]:
    found = [int(one) for one in re.findall(r'<tr data-row="(\d+)"', page)]
    told = re.search(r"共 (\d+) 通", page)
    assert told is not None
    assert int(told[1]) == len(found)
    return found


def _boxes(browser: Browser) -> list[str]:
    return re.findall(r'name="call" value="(\w{64}:\d+)" data-key="x"', browser.get("/").text)


def test_flagged_calls_are_listed_and_counted(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    flagged, passed = _calls(lead), _calls(lead, "/?verdict=pass")
    assert flagged
    assert passed
    assert sorted(flagged + passed) == sorted(_calls(lead, "/?verdict=all"))


def test_filters_narrow_it_and_chips_widen_it(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    whole = set(_calls(lead))
    agent = set(_calls(lead, "/?agent=3052"))
    assert 0 < len(agent) < len(whole)
    assert agent | set(_calls(lead, "/?agent=4711")) == set(_calls(lead, "/?agent=3052&agent=4711"))
    page = lead.get("/?agent=3052&severity=critical").text
    assert 'class="chip" href="/?severity=critical"' in page
    assert 'class="chip" href="/?agent=3052"' in page
    assert set(_calls(lead, "/?team=%E5%8D%8E%E4%B8%9C%E4%B8%80%E7%BB%84")) == agent
    assert _calls(lead, "/?since=2026-11-20&until=2026-11-20") != _calls(lead)
    assert _calls(lead, "/?since=1999-01-01&until=1999-01-02") == []


def test_a_rule_is_named_as_people_name_it(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    title = re.search(r'<datalist id="rules"><option value="([^"]+)">', lead.get("/").text)
    assert title is not None
    assert _calls(lead, f"/?rule={title[1]}")


NONSENSE = (
    "q=%00", "since=x", "sure=999", "held=nobody-here", "after=x-y", "q=" + "%22" * 500, "verdict=evil", "rule=%FF",
    "agent=" + "a" * 5000, "by=sound&q=%F0%9F%98%80",
)  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_an_address_that_makes_no_sense_is_answered(client: Callable[..., Browser], query: str) -> None:
    assert client("lead").get(f"/?{query}").status_code == 200


def test_what_is_said_is_found_with_its_place(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    page = lead.get("/?verdict=all&q=你好").text
    assert "<mark>你好</mark>" in page
    assert _listed(page)
    assert set(_listed(page)) <= set(_calls(lead, "/?verdict=all&q=ni hao"))
    assert "<mark>你好</mark>" in lead.get("/?verdict=all&by=sound&q=泥号").text


def test_agents_see_own_reviewed_calls_alone(client: Callable[..., Browser], desk: Desk) -> None:
    agent = client("agent")
    assert _calls(agent) == []
    own = _boxes_of(client("lead"), "3052")[0].partition(":")[0]
    with desk.store.session() as session:
        session.add(CaseRow(recording_id=own, version=1, state="reviewed", changed_at=desk.clock()))
        session.flush()
        caseload.point(session, [own])
    assert len(_calls(agent, "/?agent=4711&verdict=all&reviewed=no")) == 1
    page = agent.get("/?q=你好").text
    assert "/assignments" not in page
    assert 'data-key="x"' not in page


def _boxes_of(browser: Browser, agent: str) -> list[str]:
    return re.findall(r'name="call" value="(\w{64}:\d+)" data-key="x"', browser.get(f"/?agent={agent}").text)


def test_chosen_calls_are_given_and_noted(client: Callable[..., Browser], desk: Desk) -> None:
    lead, reviewer = client("lead"), client("reviewer")
    who = _id(lead, "Reviewer")
    boxes = _boxes(lead)[:2]
    answer = lead.post("/assignments", data={"which": "chosen", "call": boxes, "share": [f"{who}:1"]})
    assert "已分配 2 通" in answer.text
    assert len(_calls(reviewer, "/?held=me")) == 2
    assert len(_calls(lead, "/?held=nobody")) == len(_calls(lead)) - 2
    with desk.store.session() as session:
        noted = session.scalars(select(AccessRow.what).where(AccessRow.act == "assign call")).all()
    assert [one["to"] for one in noted] == ["reviewer"] * 2
    again = lead.post("/assignments", data={"which": "chosen", "call": boxes, "share": [f"{who}:1"]})
    assert "2 通刚被别人改动" in again.text  # the boxes were those of before
    assert reviewer.post("/assignments", data={"which": "worst", "n": 1, "share": [f"{who}:1"]}).status_code == 403


def _id(browser: Browser, name: str) -> int:
    found = re.search(rf'for="f-share-(\d+)">{name} ', browser.get("/").text)
    assert found is not None
    return int(found[1])


def test_the_worst_and_samples_are_given(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    one, other = _id(lead, "Reviewer"), _id(lead, "Second")
    lead.post("/assignments", data={"which": "worst", "n": 3, "share": [f"{one}:1", f"{other}:0"], "query": ""})
    assert _calls(client("reviewer"), "/?held=me") == _calls(lead)[:3]
    told = lead.post(
        "/assignments", data={"which": "sample", "n": 1, "unit": "agent", "seed": "s", "share": [f"{other}:1"]}
    )
    assert "已分配" in told.text
    assert len(_calls(client("second"), "/?held=me")) >= 1
    assert lead.post("/assignments", data={"which": "worst", "n": 1}).status_code == 422


def test_reviewers_take_what_nobody_has(client: Callable[..., Browser]) -> None:
    reviewer, second = client("reviewer"), client("second")
    box = re.search(r'name="taken" value="(\w{64}:0)" formaction', reviewer.get("/").text)
    assert box is not None
    reviewer.post("/assignments/mine", data={"taken": box[1]})
    assert len(_calls(reviewer, "/?held=me")) == 1
    assert second.post("/assignments/mine", data={"taken": box[1]}).status_code in (409, 422)
    reviewer.post("/assignments/mine", data={"taken": box[1].replace(":0", ":1")})
    assert _calls(reviewer, "/?held=me") == []


def test_views_are_kept_shared_and_deleted(client: Callable[..., Browser], desk: Desk) -> None:
    lead, reviewer = client("lead"), client("reviewer")
    lead.post("/views", data={"name": "本周严重", "query": "severity=critical&evil=1", "shared": "true"})
    assert 'href="/?severity=critical"' in reviewer.get("/").text
    reviewer.post("/views", data={"name": "我的", "query": "held=me"})
    assert "我的</a>" not in lead.get("/").text
    assert reviewer.post("/views", data={"name": "x", "query": "", "shared": "true"}).status_code == 403
    with desk.store.session() as session:
        shared = session.scalars(select(ViewRow.id).where(ViewRow.shared)).one()
    assert reviewer.post(f"/views/{shared}/delete").status_code == 404
    lead.post(f"/views/{shared}/delete")
    assert "本周严重" not in reviewer.get("/").text
