"""The same operators on English calls: nothing in them knows a language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from callaudit.rules import judge, load_rulebook
from callaudit.testing.scripts import call_from_script

HELP = {"agent": "Star Bank, how can I help you?"}
DONE = [{"agent": "That is done now."}, {"customer": "Good."}, {"agent": "Is there anything else?"}]


def status(folder: Path, check: str, turns: list[dict[str, Any]], **more: Any) -> str:
    rule = {
        "id": "rule", "title": {"zh": "规则", "en": "rule"}, "severity": "minor", "check": yaml.safe_load(check),
        "sources": [{"anchor": "s0-001", "quote": "规则"}],
    }  # fmt: skip
    book = {"name": "test", "version": "1", "title": "Test", "language": "en", "rules": [rule]}
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    findings, failures = judge(call_from_script({"turns": turns, **more}, language="en"), load_rulebook(file))
    assert failures == ()
    return findings[0].status


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        ([HELP, {"customer": "My name is Bob Smith."}, {"agent": "Thank you, Mr. Smith."}, *DONE], "passed"),
        ([HELP, {"customer": "My name is Bob Smith."}, {"agent": "Thank you."}, *DONE], "violated"),
        ([HELP, {"customer": "I lost my card."}, {"agent": "I see."}, *DONE], "not_applicable"),
    ],
)
def test_address(tmp_path: Path, turns: list[dict[str, Any]], wanted: str) -> None:
    assert status(tmp_path, "{operator: address}", turns) == wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("So your parcel was delivered broken to the wrong house, is that right?", "passed"),
        ("We are going to look into that as soon as we can, just wait.", "violated"),
    ],
)
def test_repeat_back(tmp_path: Path, reply: str, wanted: str) -> None:
    check = "{operator: repeat_back, of: {words: [parcel]}}"
    matter = {"customer": "My parcel was delivered to the wrong house and it arrived broken."}
    assert status(tmp_path, check, [HELP, matter, {"agent": reply}, *DONE]) == wanted


@pytest.mark.parametrize(
    ("ask", "wanted"), [("Could you please tell me your name", "passed"), ("Give me your name", "violated")]
)
def test_share(tmp_path: Path, ask: str, wanted: str) -> None:
    check = "{operator: share, words: [could you, please], others: [give me], by: clauses, least: 0.5, least_total: 4}"
    assert status(tmp_path, check, [{"agent": f"{ask}, {ask.lower()}, {ask.lower()}, {ask.lower()}."}]) == wanted


@pytest.mark.parametrize(
    ("said", "rate", "wanted"),
    [
        ("The number is 020 7946 0018.", 400, "violated"),
        ("The number is 020 7946 0018.", 180, "passed"),
        ("Please write this down, the number is 020 7946 0018.", 400, "passed"),
        ("It costs $2,500 a year.", 400, "not_applicable"),
    ],
)
def test_dictation(tmp_path: Path, said: str, rate: int, wanted: str) -> None:
    check = "{operator: dictation, warn: ['write (this|it) down', 'take a note']}"
    turns = [HELP, {"customer": "What is the number of the branch, please?"}, {"agent": said, "rate": rate}]
    assert status(tmp_path, check, turns) == wanted


@pytest.mark.parametrize(("after_s", "wanted"), [(5, "passed"), (2, "violated")])
def test_steps(tmp_path: Path, after_s: float, wanted: str) -> None:
    check = """
      operator: steps
      start: greeting
      steps:
        - {name: greet, any: ['how can I help']}
        - {name: greet again, any: ['can you hear me'], wait_s: 5}
        - {name: hang up, hangup: true, wait_s: 5}
    """
    turns = [HELP, {"silence": 5}, {"agent": "Hello, can you hear me?"}]
    assert status(tmp_path, check, turns, hangup={"by": "agent", "after_s": after_s}) == wanted


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        ([HELP, {"agent": "Goodbye."}], "passed"),
        ([{"agent": "Goodbye."}, HELP], "violated"),
    ],
)
def test_order(tmp_path: Path, turns: list[dict[str, Any]], wanted: str) -> None:
    check = "{operator: order, milestones: [{name: offer, any: ['how can I help']}, {name: goodbye, any: [good bye]}]}"
    assert status(tmp_path, check, turns) == wanted
