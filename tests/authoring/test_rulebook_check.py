"""All that is wrong in a rulebook is told at once, each at its line; what does nothing is pointed out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from callaudit.authoring.examples import examples, run
from callaudit.authoring.faults import check_rulebook
from callaudit.authoring.phrases import wordings
from callaudit.authoring.scaffold import scaffold
from callaudit.errors import RulebookError
from callaudit.rules import load_rulebook
from callaudit.rules.rulebook import read_rulebook

HEAD = """
name: mine
version: "1"
title: 本公司话术
extends: etiquette-zh
"""
RULE = """
rules:
  - id: my-rule
    title: {zh: 规则, en: rule}
    chapter: opening
    severity: minor
    sources: [{anchor: my-01, quote: 原文}]
    passes: [[{agent: 您好，本次通话将被录音。}]]
    fails: [[{agent: 您好。}]]
"""


def written(folder: Path, text: str, rule: str = "") -> Path:
    file = folder / "mine.yaml"
    indented = "".join(f"    {line}\n" for line in dedent(rule).strip().splitlines())
    file.write_text(dedent(text).lstrip() + indented, encoding="utf-8")
    return file


def told(path: Path) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.level, f"{fault.field}: {fault.message}") for fault in check_rulebook(path)]


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        name: mine
        version: "1"
        title: 本公司话术
        extends: etiquette-zh
        disabled: [closing-godbye]
        phrases: {sorry: ['@apolgy']}
        situations:
          asks_refund: {words: ['怎么退(款|钱']}
        sheets:
          ours: {title: 表, sections: [{title: 开场, points: 90, chapters: [opening, outbond]}]}
        rules:
          - id: answer-within-three-rings
            check: {rings_most: a lot}
          - id: my-rule
            title: {zh: 规则, em: rule}
            severity: majro
            severity: major
            sources: [{anchor: my-01, quote: 原文}]
            check: {operator: say, any: [录音告知], anny: [x]}
            when: [{situation: asks_refnd}]
            passes: [[{agnt: 您好}]]
          - id: my-rule
            check: {operator: say}
          - just text
        """,
    )
    faults = told(file)
    for line, said in (
        (5, "no rule 'closing-godbye' to disable; did you mean closing-goodbye?"),
        (6, "no phrases are named @apolgy; did you mean apology?"),
        (8, "a bracket '(' is not closed"),
        (10, "there is no chapter 'outbond'; did you mean outbound?"),
        (10, "must add up to 100, got 90"),
        (13, "wanted a number"),
        (15, "title.em: there is no such option; wanted one of zh, en"),
        (17, "severity: stands here already in line 16"),
        (19, "anny: there is no such option; did you mean any?"),
        (21, "this is no call script"),
        (22, "two rules have the id my-rule"),
        (24, "a rule is a mapping, got text"),
    ):
        assert any(at == line and level == "error" and said in text for at, level, text in faults), (line, said, faults)
    assert [line for line, _, _ in faults] == sorted(line for line, _, _ in faults)
    with pytest.raises(RulebookError, match=r"mine\.yaml:\d+: "):
        load_rulebook(file)


def test_names_that_stand_for_nothing_are_told(tmp_path: Path) -> None:
    rule = "check: {operator: respond, trigger: customer_thnks, any: [不客气的], means: welcme}\noutranked_by: [my-rul]"
    text = " ".join(said for _, _, said in told(written(tmp_path, HEAD + RULE, rule)))
    assert "no meaning is named 'welcme'" in text
    rule = "check: {operator: respond, trigger: customer_thnks, any: [不客气的]}\noutranked_by: [my-rul]"
    text = " ".join(said for _, _, said in told(written(tmp_path, HEAD + RULE, rule)))
    assert "no situation is named 'customer_thnks'; did you mean customer_thanks?" in text
    assert "there is no rule 'my-rul'; did you mean my-rule?" in text


def test_a_missing_bracket_is_not_taken_for_more_than_it_is(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("title: [\n", encoding="utf-8")
    ((line, level, said),) = told(file)
    assert (line, level) == (2, "error")
    assert "not YAML" in said


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{operator: say, any: [通话会录音, 本次通话会录音]}", "'本次通话会录音' adds nothing: '通话会录音'"),
        ("{operator: say, any: ['(本次|这次)通话录音', 通话录音]}", "'(本次|这次)通话录音' adds nothing: '通话录音'"),
        ("{operator: never_say, words: [慢慢等着吧], exempt: [您就慢慢等着吧, 慢慢等着]}", None),
        ("{operator: never_say, words: [等着吧您], exempt: ['[就]等着吧您']}", "never counts: the exemption"),
        ("{operator: never_say, words: [慢慢等着吧], most_chars: 3}", "longer than most_chars (3) allows"),
        ("{operator: say, any: [录音]}", "录音 are too short to be told by sound"),
        ("{operator: say, any: [录音, 本次通话将被记录]}", None),
        ("{operator: say, any: ['工号{agent_id}', 很高兴为您服务]}", None),
    ],
)
def test_phrases_that_do_nothing_are_pointed_out(tmp_path: Path, check: str, said: str | None) -> None:
    faults = told(written(tmp_path, HEAD + RULE, f"check: {check}"))
    assert {level for _, level, _ in faults} <= {"warning"}, faults
    if said is None:
        assert faults == []
    else:
        assert any(said in text for _, _, text in faults), faults
        assert all(line == 14 for line, _, _ in faults)


def test_missing_examples_are_pointed_out(tmp_path: Path) -> None:
    rule = RULE[: RULE.index("    passes")] + "    check: {operator: say, any: [本次通话会录音]}\n"
    faults = told(written(tmp_path, HEAD + rule))
    assert [text.split(": ")[1] for _, _, text in faults] == [
        "my-rule has no example of what breaks it (fails)",
        "my-rule has no example of what keeps it (passes)",
    ]


def test_wordings_of_a_phrase() -> None:
    assert wordings("(您好|你好)[啊]") == ("您好啊", "您好", "你好啊", "你好")
    assert wordings("工号{agent_id}") == wordings("因为…所以") == ()
    assert len(wordings("[啊][啊][啊][啊][啊][啊][啊]好")) <= 64


# ── a new rule ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_draft_of_a_rule_is_sound_and_its_examples_hold(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    chapters = dict(load_rulebook("etiquette-zh").chapters)
    file.write_text(scaffold("my-notice", str(file), base="etiquette-zh", chapters=chapters), encoding="utf-8")
    assert check_rulebook(file) == ()
    book = read_rulebook(file)
    assert book is not None
    runs = [run(example, book.book) for example in examples(book)]
    assert [one.example.kind for one in runs] == ["passes", "fails"]
    assert all(one.holds for one in runs)


def test_a_draft_needs_an_id() -> None:
    with pytest.raises(RulebookError, match="small letters"):
        scaffold("My Rule", "x", base="etiquette-zh", chapters={})


# ── extending ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_extension_adds_to_what_it_inherits(tmp_path: Path) -> None:
    base = load_rulebook("etiquette-zh")
    ours = load_rulebook(
        written(
            tmp_path,
            HEAD
            + """
phrases:
  apology: ['@apology', 给您添麻烦啦]
situations:
  customer_thanks: {words: ['@inherited', 太感谢你们了]}
meanings:
  welcome: {like: ['@inherited', 您太客气了这没什么]}
settings: {points: {critical: 30}, holidays: {"06-18": 店庆}}
sheets:
  general: {pass_from: 90, fatal: ['@inherited', never-say-wei]}
rules:
  - id: customer-thanks
    title: {zh: 回应客户致谢}
""",
        )
    )
    assert ours.situations["customer_thanks"].words == (*base.situations["customer_thanks"].words, "太感谢你们了")
    assert ours.situations["customer_thanks"].exempt == base.situations["customer_thanks"].exempt
    assert ours.settings.points.critical.each == 30
    assert ours.settings.points.major == base.settings.points.major
    assert ours.settings.holidays["06-18"] == "店庆"
    assert ours.sheet().limits.pass_from == 90
    assert ours.sheet().fatal == base.sheet().fatal | {"never-say-wei"}
    assert (ours.rule("customer-thanks").title.zh, ours.rule("customer-thanks").title.en) == (
        "回应客户致谢", base.rule("customer-thanks").title.en,
    )  # fmt: skip
    assert ours.rule("customer-thanks").checks[0].operator == "respond"
    mine = read_rulebook(tmp_path / "mine.yaml")
    assert mine is not None
    assert mine.phrases["apology"][-1] == "给您添麻烦啦"
    assert len(mine.phrases["apology"]) > 2
    assert list(mine.own) == ["customer-thanks"]


def test_there_must_be_something_to_inherit(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + RULE, "check: {operator: say, any: ['@inherited', 本次通话会录音]}")
    assert any("there is nothing to inherit here" in said for _, _, said in told(file))


def test_examples_that_do_not_hold_are_told(tmp_path: Path) -> None:
    text = (
        HEAD
        + RULE.replace("您好，本次通话将被录音。", "您好，请讲。")
        + "    check: {operator: say, any: [通话将被录音]}\n"
    )
    mine = read_rulebook(written(tmp_path, text))
    assert mine is not None
    kept, broken = (run(example, mine.book) for example in examples(mine))
    assert not kept.holds
    assert kept.finding is not None
    assert kept.finding.status == "violated"
    assert broken.holds


def test_inherited_examples_are_told_apart(tmp_path: Path) -> None:
    text = HEAD + "rules:\n  - id: answer-within-three-rings\n    check: {rings_most: 9, seconds_most: 90}\n"
    mine = read_rulebook(written(tmp_path, text))
    assert mine is not None
    runs = [run(example, mine.book) for example in examples(mine)]
    assert runs
    assert all(one.example.inherited for one in runs)
    assert any(not one.holds for one in runs)
