"""The page of a call: what it shows, to whom, and what the trail says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import select, update

from callaudit.reports.summary import with_status
from callaudit.spans import Span
from callaudit.store.entries import entries_of
from callaudit.store.tables import AccessRow, CallRow
from callaudit.web.desk import Desk
from tests.web.calls import NOW, checked
from tests.web.conftest import Browser

Client = Callable[..., Browser]
TOKEN = re.compile(r"[0-9a-f]{64,}")
"""Of a form; it is another one on each page."""


class Text(HTMLParser):
    """What a page says, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said, self.tags = "", []  # type: str, list[tuple[str, dict[str, str | None]]]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data

    def all(self, tag: str, name: str) -> list[dict[str, str | None]]:
        return [own for kind, own in self.tags if kind == tag and name in (own.get("class") or "").split()]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def acts(desk: Desk) -> list[tuple[str, str, str | None]]:
    with desk.store.session(write=False) as session:
        rows = select(AccessRow.who, AccessRow.act, AccessRow.recording_id).order_by(AccessRow.id)
        return [tuple(row) for row in session.execute(rows) if row.act.endswith(" call")]


def review(desk: Desk, call_id: int) -> None:
    with desk.store.session() as session:
        checked(session, session.get_one(CallRow, call_id).recording_id)


def shown(client: Client, path: str = "/calls/1", name: str = "lead", language: str = "zh") -> Text:
    browser = client(name)
    browser.headers["Accept-Language"] = language
    answer = browser.get(path)
    assert answer.status_code == 200
    return Text(answer.text)


def test_it_shows_every_finding_with_its_evidence(desk: Desk, client: Client) -> None:
    audit, page = desk.store.audit(1), shown(client)
    violated = with_status(audit, "violated")
    cards = page.all("article", "finding")
    assert [card["data-rule"] for card in cards] == [finding.rule for finding in violated]
    for finding in violated:
        assert finding.title in page.said
        for source in finding.sources:
            assert source.quote in page.said
    for finding in with_status(audit, "not_assessable"):
        assert finding.title in page.said
        assert (finding.why or finding.message) in page.said
    places = [button for button in page.all("button", "jump") if "data-end" in button]
    assert len(places) == sum(len(finding.places) for finding in audit.findings if finding.status == "violated")


def test_it_shows_what_was_said_word_by_word(desk: Desk, client: Client) -> None:
    call, page = desk.store.call(1), shown(client)
    said = letters(page.said)
    for turn in call.turns:
        assert letters(turn.text) in said
    low = sum(word.prob < 0.5 for turn in call.turns for word in turn.words)
    assert len([tag for tag in page.all("span", "low") if "data-t" in tag]) == low


def test_its_headline_is_said_to_be_the_machines(client: Client) -> None:
    page = client("lead").get("/calls/1").text
    assert re.search(r'<p class="score"><span class="unit">机器</span><span class="badge fail">', page)


def test_it_speaks_the_language_of_who_looks(client: Client) -> None:
    assert "跳过静音" in shown(client).said
    assert "Skip silence" in shown(client, language="en").said


def test_opening_a_call_is_noted(desk: Desk, client: Client) -> None:
    shown(client, "/calls/2", "reviewer")
    (who, act, recording_id) = acts(desk)[-1]
    assert (who, act) == ("reviewer", "see call")
    assert recording_id == desk.store.call(2).recording.id


def test_a_call_that_is_not_theirs_is_not_there(desk: Desk, client: Client) -> None:
    agent = client("agent")
    review(desk, 2)
    for path in ("", "/drawing", "/sound", "/report.html", "/audit.json"):
        theirs, nobody = agent.get(f"/calls/2{path}"), agent.get(f"/calls/999{path}")
        assert (theirs.status_code, nobody.status_code) == (404, 404)
        assert TOKEN.sub("", theirs.text.replace("/calls/2", "")) == TOKEN.sub(
            "", nobody.text.replace("/calls/999", "")
        )
    assert acts(desk) == []


def test_an_agent_sees_an_own_call_once_it_is_reviewed(desk: Desk, client: Client) -> None:
    assert client("agent").get("/calls/1").status_code == 404
    review(desk, 1)
    assert client("agent").get("/calls/1").status_code == 200


def test_one_heard_again_leads_to_the_newest(desk: Desk, client: Client) -> None:
    newer = desk.store.save(entries_of(desk.store.audit(1), hearing="h2", judging="j1"), now=NOW)
    answer = client("lead").get("/calls/1?queue=verdict%3Dfail", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/calls/{newer}?queue=verdict%3Dfail"
    assert acts(desk) == []
    assert client("lead").get(f"/calls/{newer}").status_code == 200


def test_a_call_whose_recording_is_gone_is_read_all_the_same(desk: Desk, client: Client, tmp_path: Path) -> None:
    with desk.store.session() as session:
        session.execute(update(CallRow).where(CallRow.id == 1).values(path=str(tmp_path / "13800138000.flac")))
    page = shown(client)
    assert page.all("article", "finding")
    drawing = client("lead").get("/calls/1/drawing", headers={"HX-Request": "true"})
    assert drawing.status_code == 200
    assert "录音文件已移动或删除" in drawing.text
    assert str(tmp_path) not in drawing.text
    assert 'class="plot"' in drawing.text


def test_the_drawing_comes_with_the_page_once_the_sound_is_ready(client: Client) -> None:
    browser = client("lead")
    first = browser.get("/calls/1").text
    later = browser.get("/calls/1/drawing").text
    again = browser.get("/calls/1").text
    assert first.count('class="outline"') in (0, 2)  # as fast as the sound was
    assert later.count('class="outline"') == again.count('class="outline"') == 2
    assert "hx-get" not in again[again.index('id="drawing"') : again.index("</section>", again.index('id="drawing"'))]


def test_hostile_names_stay_text(desk: Desk, client: Client) -> None:
    with desk.store.session(write=False) as session:
        hostile = session.scalars(select(CallRow.id).where(CallRow.agent_name.contains("<"))).one()
    text = client("lead").get(f"/calls/{hostile}?queue=%22%3E%3Cscript%3E").text
    assert "Wang &lt;Lin&gt; &amp; Co" in text
    assert "<Lin>" not in text
    assert '"><script>' not in text


def test_no_path_is_shown(desk: Desk, client: Client) -> None:
    text = client("lead").get("/calls/1").text
    assert str(Path(desk.store.call(1).recording.path).parent) not in text


def test_an_agent_sees_no_name_of_the_file(desk: Desk, client: Client) -> None:
    review(desk, 1)
    assert "courier-abuse-bad" not in client("agent").get("/calls/1").text


# ── taken away ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_lead_takes_it_away_and_the_trail_says_so(desk: Desk, client: Client) -> None:
    lead = client("lead")
    document = lead.get("/calls/4/audit.json")
    assert json.loads(document.text)["recording"]["id"] == desk.store.call(4).recording.id
    report = lead.get("/calls/4/report.html")
    assert "data:audio/mpeg;base64," in report.text
    for answer in (document, report):
        assert answer.headers["content-disposition"].startswith('attachment; filename="call-4.')
    assert [act for _, act, _ in acts(desk)] == ["export call", "export call"]


@pytest.mark.parametrize("name", ["reviewer", "agent"])
def test_others_may_not(desk: Desk, client: Client, name: str) -> None:
    review(desk, 1)
    browser = client(name)
    for path in ("report.html", "audit.json"):
        assert browser.get(f"/calls/1/{path}").status_code == 403
        assert path not in browser.get("/calls/1").text
    assert "export call" not in {act for _, act, _ in acts(desk)}


# ── long calls ───────────────────────────────────────────────────────────────────────────────────────────────────
def later(span: Span, by_s: float) -> Span:
    return Span(span.start_s + by_s, span.end_s + by_s)


def test_a_call_of_two_hours_is_drawn_in_bounds(desk: Desk, client: Client) -> None:
    audit = desk.store.audit(1)
    call = audit.call
    shift = 48.0
    turns = tuple(
        replace(
            turn, span=later(turn.span, shift * k),
            words=tuple(replace(word, span=later(word.span, shift * k)) for word in turn.words),
        )
        for k in range(150) for turn in call.turns
    )  # fmt: skip
    recording = replace(call.recording, id="f" * 64, duration_s=7200.0)
    long = replace(audit, call=replace(call, recording=recording, turns=turns))
    number = desk.store.save(entries_of(long, hearing="h1", judging="j1"), now=NOW)
    browser = client("lead")
    browser.get("/calls/1")
    began = perf_counter()
    answer = browser.get(f"/calls/{number}")
    assert answer.status_code == 200
    assert perf_counter() - began < 10
    assert 'class="lines many"' in answer.text
    assert len(answer.content) < 3_000_000
