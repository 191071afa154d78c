from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from callaudit.records import Audit, Finding
from callaudit.reports import ReportOptions, render
from callaudit.reports.wording import clock, printable


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(audit: Audit, width: int) -> None:
    text = render(audit, "text", ReportOptions(width=width))
    assert max(map(cell_len, text.splitlines())) <= width


def test_without_colour_there_is_no_escape_sequence(audit: Audit) -> None:
    assert "\x1b" not in render(audit, "text")
    assert "\x1b[" in render(audit, "text", ReportOptions(color=True))


def test_only_the_badge_is_coloured_as_one(audit: Audit) -> None:
    line = render(audit, "text", ReportOptions(color=True)).splitlines()[1]
    text = Text.from_ansi(line)
    badge, rest = text.plain.index("待复核"), text.plain.index("已评")
    console = Console()
    assert text.get_style_at_offset(console, badge).bgcolor is not None
    assert text.get_style_at_offset(console, rest).bgcolor is None


def test_worst_findings_come_first(audit: Audit) -> None:
    text = render(audit, "text")
    findings = text[text.index("严重违规") :]
    order = [
        findings.index(title) for title in ("一次等待不超过 30 秒", "等待前先说“请稍等”", "结束时致谢", "午休不打扰")
    ]
    assert order == sorted(order)


def test_evidence_is_told(audit: Audit) -> None:
    text = render(audit, "text")
    for told in (
        "00:24.5–00:55.5",
        "31 秒",
        "限值 30 秒",
        "“你等着。”",
        "s0-063",
        "不知道开始时间",
        "通过 1 条 · 不适用 1 条",
    ):
        assert told in text


def test_a_crashed_rule_makes_the_audit_incomplete(clean: Audit) -> None:
    text = render(clean, "text")
    assert "质检不完整" in text
    assert "KeyError: 'x'" in text


def test_an_audit_that_judged_nothing_is_not_clean(clean: Audit, audit: Audit) -> None:
    passed = replace(audit, findings=tuple(f for f in audit.findings if f.status == "passed"))
    for format in ("text", "html"):
        assert "没有发现违规。" in render(passed, format)
        assert "没有发现违规。" not in render(clean, format)
        assert "不能说没有违规" in render(clean, format)


def test_the_terminal_of_the_maker_does_not_matter(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, coloured = render(audit, "text"), render(audit, "text", ReportOptions(color=True))
    monkeypatch.setenv("COLUMNS", "33")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert render(audit, "text") == plain
    assert render(audit, "text", ReportOptions(color=True)) == coloured


@pytest.mark.parametrize("hostile", ["\x1b[2J清屏", "[bold red]假标记[/]", "a\u202egnp.exe", "\x9b31m", "x\ny"])
def test_what_was_heard_gives_the_terminal_no_orders(audit: Audit, hostile: str) -> None:
    finding: Finding = replace(audit.findings[0], quote=hostile, message=hostile, title=hostile)
    text = render(replace(audit, findings=(finding,)), "text", ReportOptions(width=120))
    assert printable(hostile) in text
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)


@given(st.floats(0, 86_400))
def test_clock_never_shows_sixty_seconds(time_s: float) -> None:
    shown = clock(time_s)
    *hours, minutes, seconds = shown.split(":")
    assert float(seconds) < 60
    assert int(minutes) < 60
    told_s = 3600 * int(hours[0] if hours else 0) + 60 * int(minutes) + float(seconds)
    assert told_s == pytest.approx(time_s, abs=0.0501)
