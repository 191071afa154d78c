"""What the `rules` commands print, as text for a terminal or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.box import SIMPLE
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from callaudit.authoring import wording
from callaudit.authoring.coverage import Coverage, Line, Total
from callaudit.authoring.examples import Run
from callaudit.authoring.explain import Part
from callaudit.authoring.trial import Near, Trial
from callaudit.reports.console import drawn
from callaudit.reports.wording import clock, file_name, printable
from callaudit.rules import Rule, Rulebook

STYLES: Final = {
    "violated": "bold color(160)",
    "passed": "color(28)",
    "not_applicable": "dim",
    "not_assessable": "color(208)",
}
SEVERITY_STYLES: Final = {"critical": "color(160)", "major": "color(208)", "minor": "color(178)"}


@dataclass(frozen=True, slots=True)
class Look:
    """How wide and whether in colour."""

    width: int = 110
    color: bool = False


def _drawn(parts: Sequence[RenderableType], look: Look) -> str:
    return drawn(parts, width=look.width, color=look.color)


def _table(*columns: tuple[str, str]) -> Table:
    """A table whose columns are given with how they take more text than fits: `fold`, `keep` or `right`."""
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False, show_edge=False)
    for name, kind in columns:
        table.add_column(name, no_wrap=kind != "fold", overflow="fold", justify="right" if kind == "right" else "left")
    return table


# ── list and show ────────────────────────────────────────────────────────────────────────────────────────────────
def list_text(rules: Sequence[Rule], book: Rulebook, look: Look) -> str:
    """One line a rule."""
    table = _table(
        ("编号", "fold"), ("名称", "fold"), ("章节", "keep"), ("轻重", "keep"), ("适用", "keep"), ("检查", "fold")
    )
    for rule in rules:
        severity = Text(wording.SEVERITIES[rule.severity], SEVERITY_STYLES[rule.severity])
        applies = "、".join((wording.APPLIES[rule.applies_to], *rule.sector))
        table.add_row(
            rule.id,
            rule.title.of(book.language),
            book.chapters.get(rule.chapter, rule.chapter),
            severity,
            applies,
            operators(rule),
        )
    return _drawn([table, Text(f"共 {len(rules)} 条", "bold")], look)


def operators(rule: Rule) -> str:
    """The operators of its checks, each once."""
    return " + ".join(dict.fromkeys(check.operator for check in rule.checks))


def show_text(parts: Sequence[Part], look: Look) -> str:
    """A rule in plain words."""
    shown: list[RenderableType] = []
    for part in parts:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", max_width=28, overflow="fold")
        grid.add_column(overflow="fold")
        for label, text in part.lines:
            grid.add_row(Text(printable(label)), Text(printable(text)))
        shown += [Text(part.title, "bold"), Padding(grid, (0, 0, 1, 2))]
    return _drawn(shown, look)


# ── test ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_text(runs: Sequence[Run], look: Look) -> str:
    """The examples that do not hold, and how many do."""
    shown: list[RenderableType] = []
    for one in runs:
        if not one.holds:
            shown += [_head(one), Padding(_why(one), (0, 0, 1, 2))]
    own = [one for one in runs if not one.example.inherited]
    changed = sum(not one.holds for one in runs if one.example.inherited)
    failed = sum(not one.holds for one in own)
    told = f"{len(own)} 个例子，{len(own) - failed} 个符合，{failed} 个不符合"
    shown.append(Text(told, "bold color(160)" if failed else "bold color(28)"))
    if changed:
        shown.append(Text(f"另有 {changed} 个沿用的例子改判：改写规则后这可能正是所要的，请核对", "color(208)"))
    return _drawn(shown, look)


def _head(one: Run) -> Text:
    example = one.example
    mark = "改判" if example.inherited else "不符"
    name = f"{example.rule.id} · {wording.KINDS[example.kind]} {example.number}"
    return Text.assemble(
        (f"{mark}  ", "bold color(208)" if example.inherited else "bold color(160)"), (name, "bold"),
        (f"  {example.spot.fault('').file}:{example.spot.fault('').line}", "dim"),
    )  # fmt: skip


def _why(one: Run) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("应为", "或".join(wording.STATUSES[status] for status in one.example.wanted))
    found = one.finding
    if found is None:
        grid.add_row("结果", Text(printable(one.fault or "没有结果")))
        return grid
    grid.add_row("结果", Text(wording.STATUSES[found.status], STYLES[found.status]))
    for label, text in (("说法", found.message), ("原因", found.why), ("原话", found.quote), ("匹配", found.matched)):
        if text:
            grid.add_row(label, Text(printable(text)))
    return grid


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────────────────────
def coverage_text(found: Coverage, look: Look) -> str:
    """Totals, and every requirement that is not answered in full, with its reason."""
    whole = found.whole
    head = f"{found.rulebook}：{whole.n} 条要求，{whole.n_rule} 条有规则，{whole.n_partly} 条部分判断，"
    head += f"{whole.n_open} 条尚无规则，{whole.n_silent} 条录音无法判断"
    shown: list[RenderableType] = [Text(head, "bold"), ""]
    for title, totals in (("按类别", found.by_kind), ("按文件（一条要求可出自多份文件）", found.by_document)):
        shown += [Text(title, "bold"), _totals(totals), ""]
    for state in ("open", "silent", "partly"):
        lines = found.in_state(state)
        if lines:
            shown += [Text(f"{wording.STATES[state]} · {len(lines)}", "bold"), _lines(lines), ""]
    if found.conflicts:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for one in found.conflicts:
            grid.add_row(one.id, Text.assemble((f"{one.subject}  ", "bold"), one.settled))
        shown += [Text(f"文件之间的冲突与取舍 · {len(found.conflicts)}", "bold"), grid, ""]
    if found.own:
        shown.append(Text(f"文件之外的规则 · {len(found.own)}：{'、'.join(found.own)}"))
    return _drawn(shown, look)


def _totals(totals: Sequence[Total]) -> Table:
    table = _table(("", "fold"), ("要求", "right"), *((name, "right") for name in wording.STATES.values()))
    for one in totals:
        table.add_row(one.name, *(str(n) for n in (one.n, one.n_rule, one.n_partly, one.n_open, one.n_silent)))
    return table


def _lines(lines: Sequence[Line]) -> Table:
    table = _table(("编号", "fold"), ("要求", "fold"), ("轻重", "keep"), ("原因", "fold"))
    for line in lines:
        asked = line.requirement
        table.add_row(asked.id, asked.title.zh, wording.SEVERITIES[asked.severity], line.why)
    return table


# ── try ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def trial_text(trials: Sequence[Trial], look: Look, *, against: str | None = None) -> str:
    """Call by call what the rule says and what came nearest, then how often it says what."""
    shown: list[RenderableType] = []
    for one in trials:
        shown += [_trial_head(one), Padding(_trial_body(one), (0, 0, 1, 2))]
    counts: Counter[str] = Counter(one.finding.status for one in trials if one.finding)
    told = " · ".join(f"{name} {counts[status]}" for status, name in wording.STATUSES.items() if counts[status])
    shown.append(Text(f"{len(trials)} 通：{told or '规则都不适用'}", "bold"))
    if against is not None:
        flipped = [one for one in trials if one.flipped]
        shown.append(Text(f"与 {against} 相比，{len(flipped)} 通改判", "bold color(208)" if flipped else "bold"))
    return _drawn(shown, look)


def _trial_head(one: Trial) -> Text:
    head = Text(file_name(one.call.recording.path), "bold")
    status = one.finding.status if one.finding else None
    head.append(f"  {wording.STATUSES[status] if status else '不适用于此方向'}", STYLES[status] if status else "dim")
    if one.flipped and one.before is not None:
        head.append(f"  原为{wording.STATUSES[one.before]}", "bold color(208)")
    return head


def _trial_body(one: Trial) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    found = one.finding
    if one.crashed:
        grid.add_row("出错", Text(printable(one.crashed)))
    if found is not None:
        places = "；".join(clock(place.span.start_s) for place in found.places)
        told = (("说法", found.message), ("时间", places), ("原话", found.quote), ("匹配", found.matched))
        for label, text in told:
            if text:
                grid.add_row(label, Text(printable(text)))
    for near in one.near:
        grid.add_row(Text(near.of), _near(near))
    return grid


def _near(near: Near) -> Text:
    who = wording.SPEAKERS.get(near.speaker, near.speaker)
    told = (wording.HIT, "color(28)") if near.hit else (f"{wording.MISS}（{near.least:.2f}）", "color(208)")
    said = f"  {near.score:.2f}  {clock(near.at_s)} {who}“{printable(near.heard)}” ≈ “{near.phrase}”"
    return Text.assemble(told, said)
