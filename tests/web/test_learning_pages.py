"""Pages and API of learning: rules by what people judged, changes to try, labels, calibrations judged blind."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from callaudit.config import Config, JudgeConfig
from callaudit.desk import accounts, judging
from callaudit.desk.cases import By, machine_of
from callaudit.records import Place
from callaudit.spans import Span
from callaudit.store.entries import entries_of
from callaudit.store.tables import AccessRow, CallRow
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.reviewing import bench_of
from tests.web.calls import NOW
from tests.web.conftest import Browser, browser

Client = Callable[..., Browser]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rulebook with two rules of the same names as the large one has: it is read in a moment."""
    path = tmp_path_factory.mktemp("book") / "own.yaml"
    path.write_text(
        "name: own\nversion: '1'\ntitle: 试\nchapters: {a: 甲}\nsettings: {}\nrules:\n"
        "  - {id: no-interrupting, title: {zh: 不要插嘴, en: No interrupting}, severity: major, chapter: a,\n"
        "     sources: [{anchor: s1, quote: 不要插嘴}], check: {operator: answer, rings_most: 3}}\n"
        "  - {id: closing-goodbye, title: {zh: 说再见, en: Say goodbye}, severity: minor, chapter: a,\n"
        "     sources: [{anchor: s2, quote: 再见}], check: {operator: say, any: [再见]}}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def learned(desk: Desk, small: Path) -> Desk:
    """The desk by the small rulebook; a reviewer has said of two calls what is so."""
    judge, review = JudgeConfig(rulebook=str(small), meaning=False), desk.config.review
    own = Desk(desk.store, Config(judge=judge, review=review), desk.clock)
    bench, user = bench_of(own), browser(make_app(own), own, "reviewer").user
    assert user is not None
    with own.store.session(write=False) as session:
        recordings = list(session.scalars(select(CallRow.recording_id).order_by(CallRow.id)))[:2]
    for recording_id in recordings:
        with own.store.session(write=False) as session:
            machine = machine_of(session, own.store.vault, recording_id)
        rules = [one.rule for one in machine.findings if one.status == "violated"]
        for version, rule in enumerate(rules):
            said = "overturned" if rule == rules[0] else "upheld"
            judging.judge(bench, By(user, NOW, version), recording_id, rule, said, "<b>不算</b>")  # type: ignore[arg-type]  # a word of Says
        judging.mark_reviewed(bench, By(user, NOW, len(rules)), recording_id)
    return own


@pytest.fixture
def at(learned: Desk) -> Client:
    app = make_app(learned)
    return lambda name: browser(app, learned, name)


def test_rules_are_listed_with_precision_and_interval(at: Client) -> None:
    told = at("reviewer").get("/rules")
    assert told.status_code == 200
    assert "准确率" in told.text
    told_by_api = at("reviewer").get("/api/rules").json()
    worst = told_by_api["rules"][0]
    assert worst["precision"] is not None
    assert worst["low"] <= worst["precision"] <= worst["high"]
    assert f'/rules/{worst["rule"]}"' in told.text
    assert sum(band["n"] for band in told_by_api["bands"]) == sum(
        one["upheld"] + one["overturned"] for one in told_by_api["rules"]
    )


def test_a_rule_shows_its_false_alarms_and_plays_them_and_escapes_what_people_wrote(at: Client) -> None:
    reviewer = at("reviewer")
    worst = reviewer.get("/api/rules").json()["rules"][0]["rule"]
    told = reviewer.get(f"/rules/{worst}").text
    assert re.search(rf'href="/calls/\d+\?play={worst}"', told)
    assert "&lt;b&gt;不算" in told
    assert reviewer.get(f"/rules/{worst}/heard/false").status_code == 200


def test_who_may_not_learn_sees_no_rule(at: Client) -> None:
    agent = at("agent")
    for path in ("/rules", "/rules/no-interrupting", "/api/rules", "/calibrations"):
        assert agent.get(path).status_code == 403
    assert at("reviewer").get("/rules/nothing-of-the-kind").status_code == 404


def test_a_change_is_tried_while_the_page_asks_after_it(at: Client, learned: Desk) -> None:
    reviewer = at("reviewer")
    part = {"HX-Request": "true"}
    given = {"knob": "check.rings_most", "value": "0", "most": "3"}
    told = reviewer.post("/rules/no-interrupting/what-if", data=given, headers=part)
    assert told.status_code == 200
    began = time.monotonic()
    while "aria-busy" in told.text:
        assert time.monotonic() - began < 120
        time.sleep(0.2)
        told = reviewer.get("/rules/no-interrupting/what-if", headers=part)
    assert "试了 3 通" in told.text
    taken = reviewer.post("/rules/no-interrupting/what-if/change")
    assert "rings_most: 0" in taken.text
    assert taken.headers["content-disposition"] == 'attachment; filename="no-interrupting.yaml"'
    plain = reviewer.post("/rules/no-interrupting/what-if", data=given, follow_redirects=False)
    assert plain.status_code == 303
    assert at("second").post("/rules/no-interrupting/what-if/change").status_code == 404  # another's trial
    reviewer.app.state.shared.trials.close()  # type: ignore[attr-defined]  # the application


def test_a_rule_is_told_in_words(at: Client) -> None:
    page = at("reviewer").get("/rules/no-interrupting").text
    assert "检查：接听" in page
    assert "<dt>至多响铃次数</dt><dd>3（建议值）</dd>" in page
    assert ">检查 › 至多响铃次数 = 3</option>" in page
    assert "rings_most</" not in page


def test_a_change_that_is_none_is_refused_in_words(at: Client) -> None:
    reviewer = at("reviewer")
    told = reviewer.post("/api/rules/no-interrupting/what-if", json={"knob": "check.rings_most", "value": "drei"})
    assert (told.status_code, told.json()) == (422, {"detail": "请填一个数字。"})
    assert reviewer.post("/api/rules/none/what-if", json={"knob": "x", "value": "1"}).status_code == 404
    knobs = reviewer.get("/api/rules/no-interrupting").json()["knobs"]
    assert {"knob": "check.rings_most", "kind": "number", "number": 3.0, "phrases": [], "is_default": False} in knobs


def test_leads_take_labels_and_the_trail_knows(at: Client, learned: Desk) -> None:
    assert at("reviewer").post("/rules/labels").status_code == 403
    told = at("lead").post("/rules/labels")
    with zipfile.ZipFile(io.BytesIO(told.content)) as archive:
        assert len(archive.namelist()) == 2
    with learned.store.session(write=False) as session:
        line = session.scalars(select(AccessRow).where(AccessRow.act == "export labels")).one()
    assert line.who == "lead"


def test_a_calibration_goes_from_its_making_to_its_results(at: Client, learned: Desk) -> None:
    lead = at("lead")
    with learned.store.session(write=False) as session:
        ids = [str(accounts.named(session, name).id) for name in ("reviewer", "second")]
    made = lead.post("/calibrations", data={"name": "第一周", "people": ids, "calls": "1, 2"}, follow_redirects=False)
    assert made.headers["location"] == "/calibrations/1"
    assert lead.get("/calibrations/1/calls/1").status_code == 404  # not one of its people
    for name, word in (("reviewer", "broken"), ("second", "kept")):
        judge, page = at(name), f"/calibrations/1/calls/{1}"
        while True:
            sheet = judge.get(page).text
            rules = dict.fromkeys(re.findall(r'name="(word:[^"]+)"', sheet))
            assert rules
            assert 'class="number' not in sheet  # what the machine found is not marked in the words
            after = judge.post(page, data=dict.fromkeys(rules, word), follow_redirects=False).headers["location"]
            if after == "/calibrations/1":
                break
            page = after
    assert "κ" not in at("reviewer").get("/calibrations/1").text
    assert at("reviewer").post("/calibrations/1/close").status_code == 403
    assert lead.post("/calibrations/1/close", follow_redirects=False).status_code == 303
    told = lead.get("/calibrations/1").text
    assert "Fleiss κ" in told
    assert "play=" in told


def test_programs_get_agreement_once_a_calibration_is_closed(at: Client, learned: Desk) -> None:
    lead, judges = at("lead"), [at("reviewer"), at("second")]
    ids = [one.user.id for one in judges if one.user is not None]
    lead.post("/calibrations", data={"name": "第一周", "people": [str(one) for one in ids], "calls": "1"})
    page = "/calibrations/1/calls/1"
    rules = list(dict.fromkeys(re.findall(r'name="(word:[^"]+)"', judges[0].get(page).text)))
    for judge, first in zip(judges, ("broken", "kept"), strict=True):
        said = {rule: "broken" if number % 2 else "kept" for number, rule in enumerate(rules)} | {rules[0]: first}
        judge.post(page, data={**said, f"comment:{rules[0].removeprefix('word:')}": "听了"})
    assert judges[0].get("/api/calibrations/1").json()["results"] is None
    lead.post("/calibrations/1/close")
    assert [one["id"] for one in lead.get("/api/calibrations").json()] == [1]
    told = lead.get("/api/calibrations/1").json()
    got, n = told["results"], len(rules)
    assert [one["n_done"] for one in told["people"]] == [1, 1]
    assert (got["pairs"][0]["one"], got["pairs"][0]["other"], got["machine"][0]["other"]) == (*ids, None)
    assert got["all"]["n"] == got["pairs"][0]["agreement"]["n"] == n
    assert got["all"]["share"] == pytest.approx((n - 1) / n)
    assert 0 < got["pairs"][0]["agreement"]["beyond"] < 1
    assert [(one["rule"], [each["word"] for each in one["said"]]) for one in got["differences"]] == [
        (rules[0].removeprefix("word:"), ["broken", "kept"])
    ]
    assert {each["comment"] for each in got["differences"][0]["said"]} == {"听了"}
    assert at("admin").get("/api/calibrations/2").status_code == 404
    assert at("agent").get("/api/calibrations").status_code == 403


def test_a_blind_sheet_is_the_same_whatever_the_machine_found(at: Client, learned: Desk) -> None:
    with learned.store.session(write=False) as session:
        ids = [str(accounts.named(session, name).id) for name in ("reviewer", "second")]
    at("lead").post("/calibrations", data={"name": "第一周", "people": ids, "calls": "1"})
    judge = at("second")
    before = _without_tokens(judge.get("/calibrations/1/calls/1").text)
    audit = learned.store.audit(1)
    assert {"violated", "passed"} < {one.status for one in audit.findings}
    place, found = Place(Span(1.0, 2.0)), []
    for one in audit.findings:  # what was broken was kept, and the other way round
        was_broken = one.status == "violated"
        found.append(
            replace(
                one, status="passed" if was_broken else "violated", places=() if was_broken else (place,),
                quote=None if was_broken else "一句话", confidence=0.5, why="别的", message="别的",
            )
        )  # fmt: skip
    learned.store.save(entries_of(replace(audit, findings=tuple(found)), hearing="h1", judging="j2"), now=NOW)
    with learned.store.session(write=False) as session:
        recording_id = session.get_one(CallRow, 1).recording_id
        assert machine_of(session, learned.store.vault, recording_id).judging == "j2"
    assert _without_tokens(judge.get("/calibrations/1/calls/1").text) == before


def _without_tokens(page: str) -> str:
    """A page without the token of its forms, which is masked anew each time."""
    return re.sub("[0-9a-f]{128}", "", page)


def test_a_calibration_that_is_none_says_why(at: Client) -> None:
    told = at("lead").post("/calibrations", data={"name": "x", "people": ["2"], "calls": "1"})
    assert told.status_code == 422
    assert "请至少选两位质检员。" in told.text
    assert at("lead").post("/calibrations", data={"name": "x", "people": ["2", "3"], "calls": "a"}).status_code == 422
    assert at("reviewer").post("/calibrations", data={"name": "x"}).status_code == 403
