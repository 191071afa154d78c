from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.records import Audit, Failed, TimelineSpan, Turn, Word
from callaudit.reports import Clip, ReportOptions, Waveform, render, render_many
from callaudit.reports.chart import chart, wave_path
from callaudit.reports.summary import with_status
from callaudit.reports.transcript import rows, spoken
from callaudit.reports.words_zh import ZH
from callaudit.spans import Span
from tests.speed import units

VOID = {"meta", "input", "br", "link", "img"}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{7*7}}"


class Page(HTMLParser):
    """Tags, attributes and text of a page; an end tag that closes nothing, or a tag left open, is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def options(waveform: tuple[Waveform, ...]) -> ReportOptions:
    return ReportOptions(waveform=waveform, clip=Clip("audio/mpeg", b"ID3 not really"))


def test_page_holds_every_finding_with_its_evidence(audit: Audit, options: ReportOptions) -> None:
    page = Page(render(audit, "html", options))
    for finding in audit.findings:
        assert finding.title in page.text
        for source in finding.sources:
            assert source.quote in page.text
    for told in (
        "测得 31 秒 限值 30 秒",
        "你等着。",
        "不知道开始时间",
        "00:24.5–00:55.5",
        "71.5",
        "待复核",
        "15.2 秒",
        "4 声",
    ):
        assert told in page.text, told


def test_nothing_is_fetched(audit: Audit, options: ReportOptions) -> None:
    html = render(audit, "html", options)
    page = Page(html)
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:audio/mpeg;base64,"))
        assert "style" not in attributes  # the policy would refuse it
        assert not any(name.startswith("on") for name in attributes)
    assert page.all("link") == page.all("img") == page.all("iframe") == []
    assert "://" not in html
    assert "@import" not in html
    assert "url(" not in re.sub(r'clip-path="url\(#[\w-]+\)"', "", html)


def test_policy_names_the_digests_of_our_own_style_and_script(audit: Audit) -> None:
    html = render(audit, "html")
    policy = next(meta["content"] for meta in Page(html).all("meta") if "http-equiv" in meta)
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inline = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", html, re.DOTALL)
        assert len(inline) == 1
        assert f"'sha256-{b64encode(sha256(inline[0].encode()).digest()).decode()}'" in policy


def test_what_was_heard_stays_text(audit: Audit) -> None:
    plain = Page(render(audit, "html"))
    finding = replace(audit.findings[0], quote=HOSTILE, message=HOSTILE, title=HOSTILE, matched=HOSTILE)
    turn = replace(audit.call.turns[0], text=HOSTILE, words=())
    recording = replace(audit.call.recording, path=f"a/{HOSTILE}", warnings=(HOSTILE,))
    call = replace(audit.call, turns=(turn, *audit.call.turns[1:]), recording=recording)
    page = Page(render(replace(audit, call=call, findings=(finding, *audit.findings[1:])), "html"))
    assert len(page.all("script")) == len(plain.all("script")) == 1
    assert page.all("img") == []
    assert page.text.count(HOSTILE) >= 5


def test_ids_are_unique_and_links_lead_somewhere(audit: Audit, clean: Audit, failed: Failed) -> None:
    page = Page(render_many([audit, clean], [failed], "html"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes.get("href") or "#").removeprefix("#") for _, attributes in page.tags if "href" in attributes}
    assert links <= set(ids)
    assert {"c1", "c2", "index"} <= set(ids)
    assert failed.error in page.text


def test_sound_of_an_unknown_kind_is_refused(audit: Audit) -> None:
    with pytest.raises(ValueError, match="text/html"):
        render(audit, "html", ReportOptions(clip=Clip("text/html", b"<p>")))


def test_buttons_say_what_they_do(audit: Audit, options: ReportOptions) -> None:
    page = Page(render(audit, "html", options))
    buttons = [attributes for attributes in page.all("button")]
    assert buttons
    assert all(button.get("aria-label") for button in buttons)
    assert len([button for button in buttons if "data-t" in button]) >= len(audit.call.turns) + 3


def test_three_hours_make_a_page_of_bounded_size(audit: Audit) -> None:
    hours_s = 3 * 3600.0
    rng = np.random.default_rng(3)
    peaks = np.sort(rng.uniform(-1, 1, (int(hours_s * 100), 2)).astype(np.float32), axis=1)
    waves = tuple(Waveform(channel, who, 0.01, peaks) for channel, who in ((0, "agent"), (1, "customer")))
    speech = tuple(
        TimelineSpan("speech", Span(t, t + 2), "agent" if t % 8 else "customer") for t in range(0, 10_800, 4)
    )
    call = replace(
        audit.call,
        recording=replace(audit.call.recording, duration_s=hours_s),
        timeline=replace(audit.call.timeline, spans=speech, end_s=hours_s),
    )
    pages: list[str] = []
    options = ReportOptions(waveform=waves)
    assert units(lambda: pages.append(render(replace(audit, call=call), "html", options))) < 100
    (html,) = pages
    assert len(html) < 2_000_000
    drawn = chart(call, (), waves, ZH)
    assert all(line.path.count("L") < 8000 for lane in drawn.lanes for line in lane.lines)
    assert all(len(outline(line.path)) <= 8000 for lane in drawn.lanes if lane.kind == "wave" for line in lane.lines)


def test_chart_places_are_shares_of_the_call(audit: Audit) -> None:
    violated = with_status(audit, "violated")
    drawn = chart(audit.call, violated, (), ZH)
    marks = next(lane for lane in drawn.lanes if lane.kind == "findings")
    assert [(box.number, box.x) for box in marks.boxes] == [(2, "31.571%"), (1, "35%"), (1, "84.286%")]
    assert {lane.name for lane in drawn.lanes if lane.kind == "track"} == {"音量", "语速", "音高"}
    tops = [lane.top for lane in drawn.lanes]
    assert tops == sorted(set(tops))


def test_findings_that_begin_together_do_not_hide_each_other(audit: Audit) -> None:
    same = tuple(replace(audit.findings[1], rule=f"r{i}") for i in range(4))
    marks = next(lane for lane in chart(audit.call, same, (), ZH).lanes if lane.kind == "findings")
    first = [box.row for box in marks.boxes if box.x == "35%"]
    assert sorted(first) == [0, 1, 2, 3]


def test_transcript_keeps_punctuation_and_marks_doubtful_words(audit: Audit) -> None:
    pieces = spoken(audit.call.turns[0])
    assert "".join(piece.text for piece in pieces) == audit.call.turns[0].text
    assert [piece.text for piece in pieces if piece.start_s is None] == ["，", "，", "？"]
    assert [piece.text for piece in pieces if piece.low] == ["光", "问", "可"]


def test_transcript_shows_the_words_where_the_text_is_another(audit: Audit) -> None:
    turn = replace(audit.call.turns[2], text="8016")
    assert "".join(piece.text for piece in spoken(turn)) == "你等着"


def test_events_stand_between_the_turns(audit: Audit) -> None:
    told = rows(audit.call, with_status(audit, "violated"), ZH)
    assert [row.start_s for row in told] == sorted(row.start_s for row in told)
    assert [row.event for row in told if row.event] == [
        "振铃 15.2 秒",
        "等待 31.0 秒",
        "静音 5.5 秒",
        "客户挂机",
        "忙音 1.8 秒",
    ]
    assert [row.numbers for row in told if row.numbers] == [((2, "major"),)]


def outline(path: str) -> list[tuple[int, int]]:
    """The corners of an outline, which is written as steps from one to the next."""
    first, steps = path.strip("Mz").split("l")
    moves = np.array(re.findall(r"-?\d+", steps), dtype=int).reshape(-1, 2)
    corners = np.vstack([np.array(first.split(), dtype=int), moves]).cumsum(axis=0)
    return [(int(x), int(y)) for x, y in corners]


def test_an_outline_is_drawn_corner_by_corner() -> None:
    peaks = np.array([[0, 0], [-1, 1], [-1, 1], [-1, 1], [0, 0.25]], dtype=np.float32)
    path = wave_path(Waveform(0, "agent", 1.0, peaks), 5.0, 1.0)
    assert outline(path) == [
        (1000, 50), (3000, 0), (7000, 0), (9000, 25),
        (9000, 50), (7000, 100), (3000, 100), (1000, 50),
    ]  # fmt: skip


def test_a_waveform_is_drawn_over_the_time_it_holds(audit: Audit, waveform: tuple[Waveform, ...]) -> None:
    lanes = [lane for lane in chart(audit.call, (), waveform, ZH).lanes if lane.kind == "wave"]
    assert [(lane.name, lane.note) for lane in lanes] == [("客服", "声道 1"), ("客户", "声道 2")]
    points = outline(lanes[1].lines[0].path)
    loud = [x / 10_000 * 70 for x, y in points if y < 10]
    assert min(loud) == pytest.approx(19.6, abs=0.1)
    assert max(loud) == pytest.approx(66.0, abs=0.1)


def test_a_mixed_channel_is_drawn_once_for_both(clean: Audit, waveform: tuple[Waveform, ...]) -> None:
    mixed = replace(waveform[0], speaker="unknown")
    lanes = [lane for lane in chart(clean.call, (), (mixed,), ZH).lanes if lane.kind == "wave"]
    assert [lane.name for lane in lanes] == ["混音"]
    assert {box.kind for box in lanes[0].boxes} == {"agent", "customer"}


@given(st.lists(st.text("您好，。 8a", min_size=1, max_size=3), max_size=8), st.sampled_from(["", "，", "。 "]))
def test_no_word_is_lost_or_doubled(texts: list[str], between: str) -> None:
    words = tuple(Word(text, Span(i, i + 1), 0.9) for i, text in enumerate(texts))
    turn = Turn("agent", Span(0, 10), words, between.join(texts), 0.9)
    pieces = spoken(turn)
    assert "".join(piece.text for piece in pieces) == turn.text
    assert [piece.text.strip() for piece in pieces if piece.start_s is not None] == [text.strip() for text in texts]
