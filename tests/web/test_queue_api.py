"""The queue for programs: the calls of the page, in pages of their own, and who has them."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.conftest import Browser


def test_pages_of_calls_are_those_of_one_long_page(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    whole = lead.get("/api/calls", params={"verdict": "all", "reviewed": "all"}).json()
    assert whole["n"] == len(whole["calls"]) == 8
    assert whole["next"] is None
    paged: list[int] = []
    after: dict[str, str] = {}
    for _ in range(8):
        page = lead.get("/api/calls", params={"verdict": "all", "reviewed": "all", "limit": 3, **after}).json()
        paged += [one["call_id"] for one in page["calls"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert paged == [one["call_id"] for one in whole["calls"]]


def test_filters_are_those_of_the_page(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    found = lead.get("/api/calls", params={"agent": ["3052", "4711"], "severity": "critical"}).json()["calls"]
    assert {one["agent_id"] for one in found} == {"3052", "4711"}
    assert all(one["worst"]["severity"] == "critical" for one in found)
    said = lead.get("/api/calls", params={"verdict": "all", "q": "泥号", "by": "sound"}).json()
    assert said["n"] == lead.get("/api/calls", params={"verdict": "all", "q": "ni hao"}).json()["n"] > 0


def test_what_makes_no_sense_is_refused_without_repeating_it(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    for wrong in ({"since": "secret"}, {"sure": "0"}, {"limit": "1000"}, {"after": "secret"}, {"evil": "secret"}):
        answer = lead.get("/api/calls", params=wrong)
        assert answer.status_code == 422
        assert "secret" not in answer.text


def test_a_call_is_given_to_somebody_by_who_saw_it_last(client: Callable[..., Browser]) -> None:
    lead = client("lead")
    call = lead.get("/api/calls").json()["calls"][0]
    path = f"/api/calls/{call['call_id']}/assignee"
    assert lead.put(path, json={"to": "reviewer", "version": 0}).json()["version"] == 1
    assert lead.put(path, json={"to": "second", "version": 0}).status_code == 409
    assert lead.put(path, json={"to": "nobody-here", "version": 1}).status_code == 404
    assert client("reviewer").put(path, json={"to": "second", "version": 1}).status_code == 403
    mine = client("reviewer").get("/api/calls", params={"held": "me"}).json()["calls"]
    assert [one["call_id"] for one in mine] == [call["call_id"]]
    assert lead.put(path, json={"to": None, "version": 1}).status_code == 200
    assert client("reviewer").get("/api/calls", params={"held": "me"}).json()["n"] == 0


def test_views_are_kept_shared_and_dropped(client: Callable[..., Browser]) -> None:
    lead, reviewer = client("lead"), client("reviewer")
    made = lead.post("/api/views", json={"name": " 严重  ", "query": "severity=critical&evil=1", "shared": True})
    assert made.status_code == 201
    view = made.json()
    assert view == {"id": view["id"], "name": "严重", "query": "severity=critical", "shared": True, "by": None}
    again = lead.post("/api/views", json={"name": "严重", "query": "severity=major", "shared": True}).json()
    assert again == {**view, "query": "severity=major"}  # the same one, replaced
    assert reviewer.get("/api/views").json() == [{**again, "by": "Lead"}]
    assert reviewer.delete(f"/api/views/{view['id']}").status_code == 404  # it is another's
    assert reviewer.post("/api/views", json={"name": "x", "shared": True}).status_code == 403
    assert lead.delete(f"/api/views/{view['id']}").status_code == 204
    assert lead.get("/api/views").json() == []
    assert client("agent").get("/api/views").status_code == 403


def test_agents_get_reviewed_calls_of_theirs_alone(client: Callable[..., Browser]) -> None:
    assert client("agent").get("/api/calls", params={"verdict": "all", "reviewed": "no"}).json()["calls"] == []
    assert client().get("/api/calls").status_code == 401
