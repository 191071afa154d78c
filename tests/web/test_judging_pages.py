"""Judging, appeals and the trail over HTTP: what is answered, to whom, and what nobody learns."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response

from callaudit.desk import judging
from callaudit.desk.cases import By, case_of
from callaudit.web.desk import Desk
from callaudit.web.reviewing import ACTS, bench_of
from callaudit.web.words import translated, words
from tests.web.calls import AGENT
from tests.web.conftest import Browser, Clock

CALL = 2
"""The outbound call at night: 63 points by the sheet of banks, fourteen findings."""
OWN = 3
"""A call of the tests' agent."""
PART = {"HX-Request": "true"}
THANKS = "closing-thanks-for-call"

Client = Callable[..., Browser]


def judged(browser: Browser, says: str, version: int, rule: str = THANKS, call: int = CALL, **more: Any) -> Response:
    given = {"rule": rule, "says": says, "version": version, **more}
    return browser.post(f"/calls/{call}/judge", data=given, headers=PART)


def review(browser: Browser, call: int = CALL) -> dict[str, Any]:
    answer = browser.get(f"/api/calls/{call}/review")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def own_call(desk: Desk) -> int:
    """The id of a call of the agent that has findings."""
    with desk.store.session(write=False) as session:
        from sqlalchemy import select

        from callaudit.store.tables import AuditRow

        wanted = select(AuditRow.call_id).where(AuditRow.agent_id == AGENT, AuditRow.n_violated > 0)
        found = session.scalars(wanted).first()
    assert found is not None
    return found


# ── a finding ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_act_is_answered_by_the_parts_it_changed(client: Client) -> None:
    answer = judged(client("reviewer"), "overturned", 0, comment="听到了 <b>谢谢</b>")
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<div class="judged overturned" id="judged-{THANKS}">')
    assert 'id="judging" aria-label="人工复核" hx-swap-oob="true"' in answer.text
    assert re.search(r'id="seen" name="seen" value="1"', answer.text)
    assert "听到了 &lt;b&gt;谢谢&lt;/b&gt;" in answer.text
    assert "judged-outbound" not in answer.text  # other findings are as they were
    assert "<option" not in answer.text
    assert "还有 13 条未判定" in answer.text


def test_what_was_seen_last_counts_before_what_the_form_was_drawn_with(client: Client) -> None:
    browser = client("reviewer")
    assert judged(browser, "overturned", 0).status_code == 200
    assert judged(browser, "upheld", 0, rule="no-cold-hard-wording", seen=1).status_code == 200
    assert review(browser)["version"] == 2


def test_without_script_the_page_comes_anew(client: Client) -> None:
    browser = client("reviewer")
    answer = browser.post(
        f"/calls/{CALL}/judge", data={"rule": THANKS, "says": "unsure", "version": 0, "queue": "team=1&x=2"},
        follow_redirects=False,
    )  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, f"/calls/{CALL}?queue=team%3D1%26x%3D2")
    drawn = browser.get(f"/calls/{CALL}").text
    assert 'class="judged unsure"' in drawn
    assert "存疑 1 条" in drawn


def test_who_comes_second_is_told_by_whom_and_keeps_what_they_wrote(client: Client) -> None:
    assert judged(client("reviewer"), "overturned", 0).status_code == 200
    second = client("second")
    late = judged(second, "upheld", 0, comment="我认为属实")
    assert late.status_code == 409
    assert "Reviewer" in late.text
    assert "没有保存" in late.text
    assert "我认为属实</textarea>" in late.text
    assert late.text.count('class="judged') == 14  # every finding as it stands now
    assert [one["says"] for one in review(second)["opinions"]] == ["overturned"]
    plain = second.post(f"/calls/{CALL}/judge", data={"rule": THANKS, "says": "upheld", "version": 0})
    assert plain.status_code == 409
    assert "Reviewer" in plain.text


@pytest.mark.parametrize(
    ("path", "given", "status", "said"),
    [
        ("judge", {"rule": THANKS, "says": "maybe"}, 422, "请选择属实、误判或存疑"),
        ("judge", {"rule": THANKS, "says": "upheld", "comment": "字" * 2001}, 422, "太长了"),
        ("missed", {"rule": "never-say-wei", "start_s": "900"}, 422, "不在通话之内"),
        ("missed", {"rule": "never-say-wei", "start_s": "1", "end_s": "x"}, 422, None),
        ("missed", {"rule": "nonsense", "start_s": "1"}, 422, "没有按这条规则"),
        ("reviewed", {}, 422, "还有违规没有判定"),
        ("undo", {}, 422, "没有您可以撤销"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    client: Client, path: str, given: dict[str, str], status: int, said: str | None
) -> None:
    answer = client("reviewer").post(f"/calls/{CALL}/{path}", data={"version": 0, **given}, headers=PART)
    assert answer.status_code == status
    assert said is None or said in answer.text


def test_a_miss_a_review_and_an_undo(client: Client, desk: Desk) -> None:
    browser = client("reviewer")
    given = {"rule": "never-say-wei", "start_s": "12.5", "end_s": "13.25", "comment": "", "version": 0}
    answer = browser.post(f"/calls/{CALL}/missed", data=given, headers=PART)
    assert answer.status_code == 200
    assert 'data-t="12.5" data-end="13.25"' in answer.text
    answer = browser.post(f"/calls/{CALL}/reviewed", data={"version": 1, "rest": "1", "after": 5}, headers=PART)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/calls/5")
    assert review(browser)["state"] == "reviewed"
    answer = browser.post(f"/calls/{CALL}/undo", data={"version": 2}, headers=PART)
    assert answer.status_code == 200
    assert answer.text.count('hx-swap-oob="true"') == 15  # fourteen findings and the form of misses
    assert review(browser)["state"] == "open"
    with desk.store.session(write=False) as session:
        from callaudit.store.tables import CallRow

        of = session.get_one(CallRow, CALL).recording_id
        assert case_of(session, of).version == 3


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_agent_sees_own_calls_once_reviewed_and_no_names(client: Client, own_call: int) -> None:
    agent, reviewer = client("agent"), client("reviewer")
    for path in (f"/calls/{own_call}", f"/api/calls/{own_call}/review", f"/calls/{own_call}/sound"):
        assert agent.get(path).status_code == 404
    assert reviewer.post(f"/api/calls/{own_call}/reviewed", json={"version": 0, "uphold_rest": True}).status_code == 200
    drawn = agent.get(f"/calls/{own_call}")
    assert drawn.status_code == 200
    assert "Reviewer" not in drawn.text
    assert "质检员" in drawn.text
    told = review(agent, own_call)
    assert (told["reviewer"], {one["who"] for one in told["opinions"]}) == (None, {None})
    assert 'name="says"' not in drawn.text
    for path in ("judge", "missed", "undo", "reviewed"):
        given = {"version": 1, "rule": "x", "says": "upheld", "start_s": "1"}
        assert agent.post(f"/calls/{own_call}/{path}", data=given).status_code == 403
    assert agent.get("/trail").status_code == 403
    assert reviewer.get("/trail").status_code == 403


def test_an_appeal_from_reason_to_decision(client: Client, own_call: int) -> None:
    agent, lead = client("agent"), client("lead")
    client("reviewer").post(f"/api/calls/{own_call}/reviewed", json={"version": 0, "uphold_rest": True})
    rule = review(agent, own_call)["broken"][0]
    given = {"rule": rule, "version": 1, "reason": "我说了 <再见>"}
    answer = agent.post(f"/calls/{own_call}/appeal", data=given, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/calls/{own_call}#judged-{rule}")
    assert "我说了 &lt;再见&gt;" in agent.get(f"/calls/{own_call}").text
    assert "我说了 &lt;再见&gt;" in agent.get("/appeals").text
    assert 'name="granted"' not in agent.get("/appeals").text
    assert 'name="granted"' in lead.get("/appeals").text
    one = lead.get("/api/appeals").json()[0]
    decided = {"version": one["version"], "granted": "true", "answer": "属实"}
    assert agent.post(f"/appeals/{one['id']}/decision", data=decided).status_code == 403
    assert lead.post(f"/appeals/{one['id']}/decision", data=decided, follow_redirects=False).status_code == 303
    told = review(agent, own_call)
    assert (told["state"], told["appeals"][0]["state"], told["appeals"][0]["decider"]) == ("final", "granted", None)
    assert rule not in told["broken"]
    assert "Lead" not in agent.get("/appeals").text.split("<main")[1]
    assert lead.get("/api/appeals", params={"state": "closed"}).json()[0]["decider"] == "Lead"


def test_who_judged_a_finding_is_told_that_another_decides(client: Client, own_call: int) -> None:
    lead, agent, admin = client("lead"), client("agent"), client("admin")
    assert lead.post(f"/api/calls/{own_call}/reviewed", json={"version": 0, "uphold_rest": True}).status_code == 200
    rule = review(agent, own_call)["broken"][0]
    assert agent.post(f"/api/calls/{own_call}/appeals", json={"version": 1, "rule": rule, "reason": "理由"}).is_success
    page = lead.get("/appeals").text
    assert "须由另一位主管终审" in page
    assert 'name="granted"' not in page
    one = lead.get("/api/appeals").json()[0]
    decided = {"version": 2, "granted": False, "answer": "不"}
    told = lead.post(f"/api/appeals/{one['id']}/decision", json=decided)
    assert (told.status_code, told.json()["detail"]) == (403, "这条违规由您判定，须由另一位主管终审。")
    assert lead.post(f"/appeals/{one['id']}/decision", data=decided).status_code == 403
    assert 'name="granted"' in admin.get("/appeals").text
    told = admin.post(f"/api/appeals/{one['id']}/decision", json=decided)
    assert (told.status_code, told.json()["appeals"][0]["by_reviewer"]) == (200, False)


def test_an_appeal_after_the_period_is_refused(client: Client, clock: Clock, own_call: int) -> None:
    client("reviewer").post(f"/api/calls/{own_call}/reviewed", json={"version": 0, "uphold_rest": True})
    clock.passes(days=7, minutes=1)
    agent = client("agent")
    assert 'class="appeals"' not in agent.get(f"/calls/{own_call}").text
    rule = review(agent, own_call)["broken"][0]
    given = {"rule": rule, "version": 1, "reason": "理由"}
    answer = agent.post(f"/calls/{own_call}/appeal", data=given)
    assert answer.status_code == 422
    assert "已过申诉期限" in answer.text


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_programs_do_the_same_and_are_told_the_same(client: Client) -> None:
    browser = client("reviewer")
    browser.headers["Accept-Language"] = "en"
    said = {"rule": THANKS, "says": "overturned", "version": 0, "comment": "heard it"}
    answer = browser.post(f"/api/calls/{CALL}/opinions", json=said)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["machine"]["score"], told["outcome"]["score"], told["version"]) == (63.0, 66.0, 1)
    assert told["opinions"][0] | {"id": 0, "at": ""} == {
        "id": 0, "rule": THANKS, "says": "overturned", "kind": "review", "comment": "heard it", "who": "Reviewer",
        "at": "", "counts": True, "found": "violated", "confidence": told["opinions"][0]["confidence"],
        "start_s": None, "end_s": None,
    }  # fmt: skip
    late = client("second").post(f"/api/calls/{CALL}/opinions", json=said)
    assert late.status_code == 409
    assert late.json()["version"] == 1
    assert [(one["who"], one["act"], one["rule"]) for one in late.json()["changes"]] == [
        ("Reviewer", "judge finding", THANKS)
    ]
    missed = {"rule": "never-say-wei", "says": "missed", "version": 1}
    assert browser.post(f"/api/calls/{CALL}/opinions", json=missed).status_code == 422  # without its place
    placed = browser.post(f"/api/calls/{CALL}/opinions", json=missed | {"start_s": 3.0})
    assert (placed.status_code, "never-say-wei" in placed.json()["broken"]) == (201, True)
    assert browser.post(f"/api/calls/{CALL}/undo", json={"version": 2}).json()["version"] == 3
    assert browser.post(f"/api/calls/{CALL}/undo", json={"version": 3, "more": 1}).status_code == 422
    assert browser.get("/api/calls/999999/review").status_code == 404


# ── the trail ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_trail_is_found_by_person_act_day_and_call(client: Client, clock: Clock) -> None:
    judged(client("reviewer"), "overturned", 0, comment="秘密的备注")
    clock.passes(days=2)
    judged(client("second"), "upheld", 1)
    lead = client("lead")

    def shown(**asked: str) -> str:
        answer = lead.get("/trail", params=asked)
        assert answer.status_code == 200
        return answer.text.split("<tbody>")[-1]

    assert shown(act="judge finding").count("<tr") == 2
    assert "秘密的备注" not in shown()
    assert shown(act="judge finding", who="second").count("<tr") == 1
    assert shown(act="judge finding", until="2026-11-23").count("<tr") == 1
    assert shown(act="judge finding", since="2026-11-24", until="2026-11-24").count("<tr") == 1
    assert shown(act="judge finding", call=str(CALL)).count("<tr") == 2
    assert shown(act="judge finding", call="1").count("<tr data-row") == 0
    assert lead.get("/trail", params={"call": "999999"}).status_code == 404
    assert lead.get("/trail", params={"since": "gestern"}).status_code == 422


def test_the_trail_tells_rules_by_their_titles_and_folds_many(client: Client, desk: Desk) -> None:
    reviewer = client("reviewer")
    judged(reviewer, "overturned", 0)
    assert reviewer.post(f"/api/calls/{CALL}/reviewed", json={"version": 1, "uphold_rest": True}).status_code == 200
    for language, titles, n in (("zh", ("结束时感谢来电", "误判"), "条"), ("en", ("Overturned",), "")):
        lead = client("lead", headers={"Accept-Language": language})
        shown = lead.get("/trail").text.split("<tbody>")[-1]
        assert "rules=" not in shown
        assert not re.search(r">[a-z]+(-[a-z]+)+<", shown)  # the id of a rule
        assert re.search(rf"<summary>\w+ \d+ ?{n}</summary><ul><li>", shown)
        assert all(title in shown for title in titles)


def test_every_act_and_every_refusal_has_words() -> None:
    from pathlib import Path

    from callaudit import desk as package

    for language in ("zh", "en"):
        assert {f"trail.act.{act}" for act in ACTS} <= set(words(language))
    raised = set()
    for name in ("cases", "judging", "appeals", "reviews"):
        text = (Path(package.__path__[0]) / f"{name}.py").read_text()
        raised |= set(re.findall(r'raise (?:DeskError|NotThere|Stale)\("([^"]+)"\)', text))
    assert len(raised) >= 15
    assert not [said for said in raised if translated("zh", said) == said]


def test_a_case_worked_out_by_one_desk_is_that_of_another(desk: Desk, client: Client) -> None:
    browser = client("reviewer")
    judged(browser, "overturned", 0)
    with desk.store.session(write=False) as session:
        from callaudit.store.tables import CallRow

        of = session.get_one(CallRow, CALL).recording_id
    assert browser.user is not None
    case = judging.undo(bench_of(desk), By(browser.user, desk.clock(), 1), of)
    assert (case.score, case.version) == (None, 2)


def test_many_calls_are_upheld_after_a_look_unless_somebody_was_faster(client: Client) -> None:
    browser = client("reviewer")
    asked = browser.post("/uphold", data={"call": ["2", "4", "999"]})
    assert asked.status_code == 200
    assert "结束时感谢来电" in asked.text
    assert re.findall(r'name="(call|version)" value="(\d+)"', asked.text) == [
        ("call", "2"), ("version", "0"), ("call", "4"), ("version", "0"),
    ]  # fmt: skip
    assert review(browser)["state"] == "open"  # nothing was done yet
    judged(client("second"), "unsure", 0)
    done = browser.post("/uphold", data={"call": ["2", "4"], "version": ["0", "0"], "sure": "1"})
    assert "已复核 1 通" in done.text
    assert "有人改过这通录音" in done.text
    assert (review(browser)["state"], review(browser, 4)["state"]) == ("open", "reviewed")
    assert client("agent").post("/uphold", data={"call": ["2"]}).status_code == 403


def test_the_next_call_of_the_queue_follows_a_review(client: Client) -> None:
    browser = client("reviewer")
    drawn = browser.get(f"/calls/{CALL}").text
    found = re.search(r'name="after" value="(\d+)"', drawn)
    assert found is not None
    given = {"version": 0, "rest": "1", "after": found[1], "queue": "verdict=all"}
    answer = browser.post(f"/calls/{CALL}/reviewed", data=given, headers=PART)
    assert answer.headers["hx-redirect"] == f"/calls/{found[1]}?queue=verdict%3Dall"
