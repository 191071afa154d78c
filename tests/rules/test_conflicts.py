"""Where the documents contradict each other: each conflict is settled as the catalogue says, and can be anew."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from callaudit.records import Finding
from callaudit.rules import Rulebook, judge, load_rulebook
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
CONFLICTS: dict[str, Any] = {
    entry["id"]: entry
    for entry in yaml.safe_load(
        (files("callaudit.rulebooks") / "etiquette-zh" / "catalogue.yaml").read_text(encoding="utf-8")
    )["conflicts"]
}


def found(script: Any, rule_id: str, book: Rulebook = BOOK) -> Finding:
    direction = BOOK.rule(rule_id).applies_to
    call = call_from_script(script, direction="inbound" if direction == "both" else direction)
    findings, failures = judge(call, book)
    assert not [failure for failure in failures if failure.rule == rule_id]
    return next(finding for finding in findings if finding.rule == rule_id)


@cache
def _own(folder: Path, conflict: str) -> Rulebook:
    """The rulebook of a company that settles the conflict otherwise."""
    file = folder / f"{conflict}.yaml"
    head = f"name: own\nversion: '1'\ntitle: 自己的规则\nextends: etiquette-zh\n{CONFLICTS[conflict]['setting']}"
    file.write_text(head, encoding="utf-8")
    return load_rulebook(file)


SCRIPTS = yaml.safe_load((Path(__file__).parent / "conflicts.yaml").read_text(encoding="utf-8"))
HELLO = "您好，星河银行，8016号为您服务，请问有什么可以帮您？"


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{case['conflict']}-{case['rule']}-{number}")
        for number, case in enumerate(SCRIPTS[kind], 1)
    ]


def test_every_conflict_has_its_line_and_a_script() -> None:
    assert list(CONFLICTS) == [f"C{number:02}" for number in range(1, 34)]
    assert {case["conflict"] for case in SCRIPTS["settled"]} == set(CONFLICTS)
    for entry in CONFLICTS.values():
        assert set(entry["rules"]) <= {rule.id for rule in BOOK.rules}


@pytest.mark.parametrize("case", cases("settled"))
def test_a_conflict_is_settled(case: dict[str, Any]) -> None:
    assert case["rule"] in CONFLICTS[case["conflict"]]["rules"]
    finding = found(case["script"], case["rule"])
    assert finding.status == case["status"], finding


@pytest.mark.parametrize("conflict", [number for number, entry in CONFLICTS.items() if "setting" in entry])
def test_a_company_may_settle_it_otherwise(conflict: str, tmp_path: Path) -> None:
    own = _own(tmp_path, conflict)
    assert own.sha256 != BOOK.sha256


@pytest.mark.parametrize("case", cases("anew"))
def test_a_conflict_settled_otherwise(case: dict[str, Any], tmp_path: Path) -> None:
    finding = found(case["script"], case["rule"], _own(tmp_path, case["conflict"]))
    assert finding.status == case["status"], finding


def test_parts_of_the_opening_can_be_switched_off(tmp_path: Path) -> None:
    gone = {rule.id for rule in BOOK.rules} - {rule.id for rule in _own(tmp_path, "C32").rules}
    assert gone == {"opening-agent-identity", "opening-welcome-and-pleased"}


def test_wei_is_worst_as_the_whole_first_answer() -> None:
    assert found([{"agent": "喂。"}, {"customer": "你好。"}], "never-say-wei").severity == "critical"
    assert (
        found([{"agent": HELLO}, {"customer": "嗯。"}, {"agent": "喂，您还在听吗？"}], "never-say-wei").severity
        == "major"
    )


def test_a_complaint_told_as_soon_as_possible_is_a_minor_deviation() -> None:
    asked = {"customer": "我要投诉。"}
    soon = found([asked, {"agent": "我们会尽快给您答复的。"}], "complaint-promise-reply-time")
    never = found([asked, {"agent": "您过两天再来电话吧。"}], "complaint-promise-reply-time")
    assert (soon.severity, never.severity) == ("minor", "critical")


FORBIDDING = [rule.id for rule in BOOK.rules if rule.chapter == "forbidden"] + ["no-arguing", "never-say-dont-know"]


@pytest.mark.parametrize("sentence", BOOK.rule("hotel-approved-phrases").checks[0].options.any)
def test_an_approved_sentence_is_never_forbidden(sentence: str) -> None:
    """The white list of the hotel, with the first of each alternative and what may be left out left out."""
    said = re.sub(r"\((\w+)\|[^)]*\)", r"\1", re.sub(r"\[\w+\]", "", sentence)).replace("…", "")
    findings, _ = judge(call_from_script([{"customer": "怎么办？"}, {"agent": said + "。"}]), BOOK)
    assert not [f.rule for f in findings if f.rule in FORBIDDING and f.status == "violated"]


def test_of_two_late_apologies_only_the_graver_costs() -> None:
    assert BOOK.rule("late-answer-apology-after-three-rings").outranked_by == ("late-answer-apology-after-five-rings",)
