"""What is covered adds up and says why not more; a rule is tried on calls read back from their audits."""

from __future__ import annotations

import json
from typing import Any

from callaudit.authoring.coverage import coverage, coverage_document, read_catalogue, render_coverage
from callaudit.authoring.explain import explain
from callaudit.authoring.text import Look, coverage_text, show_text, trial_text
from callaudit.authoring.trial import trial
from callaudit.pipeline import judge_call
from callaudit.reports.json import audit_document
from callaudit.reports.stored import call_from
from callaudit.rules import load_rulebook
from callaudit.rules.rulebook import read_rulebook
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
FOUND = coverage(BOOK, *read_catalogue("etiquette-zh"))


def test_totals_add_up() -> None:
    assert FOUND.whole.n == len(FOUND.lines) == 253
    assert FOUND.whole.n == sum(total.n for total in FOUND.by_kind)
    for total in (FOUND.whole, *FOUND.by_kind, *FOUND.by_document):
        assert total.n == total.n_rule + total.n_partly + total.n_open + total.n_silent
    assert len(FOUND.by_document) == 5
    assert sum(total.n for total in FOUND.by_document) > 253  # many rest on several documents


def test_what_no_recording_answers_says_why_in_chinese() -> None:
    for line in FOUND.in_state("silent", "partly", "open"):
        assert any("\u4e00" <= char <= "\u9fff" for char in line.why), (line.requirement.id, line.why)


def test_every_rule_of_the_catalogue_is_found() -> None:
    assert {line.rule for line in FOUND.lines if line.rule} | set(FOUND.own) == {rule.id for rule in BOOK.rules}


def test_the_page_fetches_nothing_and_holds_every_requirement() -> None:
    page = render_coverage(FOUND)
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page
    assert all(line.requirement.id in page for line in FOUND.lines)
    document = json.loads(json.dumps(coverage_document(FOUND)))
    assert len(document["requirements"]) == 253
    assert "253 条要求" in coverage_text(FOUND, Look())


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_rule_is_told_with_its_numbers_and_where_they_come_from() -> None:
    written = read_rulebook("etiquette-zh")
    assert written is not None
    told = show_text(explain(written, "answer-within-three-rings"), Look())
    for said in (
        "三声之内接听",
        "s0-012",
        "rings_most",
        "3（文件原数）",
        "9（由文件推算）",
        "合规的例子",
        "（ring：4）",
    ):
        assert said in told
    told = show_text(explain(written, "customer-thanks"), Look())
    for said in ("customer_thanks", "不用谢", "@script_welcome", "客户：没有了，谢谢你。"):
        assert said in told


def test_every_rule_can_be_told() -> None:
    written = read_rulebook("etiquette-zh")
    assert written is not None
    for rule in BOOK.rules:
        assert rule.title.zh in show_text(explain(written, rule.id), Look())


# ── try ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def heard(script: Any) -> Any:
    """A call as it comes back from its audit."""
    return call_from(json.loads(json.dumps(audit_document(judge_call(call_from_script(script), BOOK)))))


def test_a_rule_is_tried_on_a_call_of_an_audit() -> None:
    call = heard([{"customer": "没有了，谢谢你。"}, {"agent": "不可气啊，再见。"}])
    one = trial(call, BOOK.rule("customer-thanks"), BOOK)
    assert one.finding is not None
    assert one.finding.rule == "customer-thanks"
    thanks = next(near for near in one.near if near.of == "customer_thanks")
    assert (thanks.speaker, thanks.heard, thanks.hit) == ("customer", "谢谢", True)
    misses = [near for near in one.near if near.of == "any" and near.heard.startswith("不可气")]
    assert misses
    assert 0.55 <= misses[0].score < 1
    assert "客户“谢谢”" in trial_text([one], Look())


def test_two_rulebooks_are_compared(tmp_path: Any) -> None:
    mine = tmp_path / "mine.yaml"
    rule = "{id: answer-within-three-rings, check: {rings_most: 4, seconds_most: 30}}"
    mine.write_text(f"name: mine\nversion: '1'\ntitle: 我\nextends: etiquette-zh\nrules: [{rule}]\n", encoding="utf-8")
    book = load_rulebook(mine)
    late, soon = (heard({"ring": n, "turns": [{"agent": "您好。"}]}) for n in (4, 2))
    rule_of_mine = book.rule("answer-within-three-rings")
    first, second = (trial(call, rule_of_mine, book, BOOK) for call in (late, soon))
    assert (first.before, first.finding.status if first.finding else None, first.flipped) == (
        "violated",
        "passed",
        True,
    )
    assert not second.flipped
    assert "1 通改判" in trial_text([first, second], Look(), against="etiquette-zh")
