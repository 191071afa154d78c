"""A change of a rule tried on stored calls: what moves is what the changed rulebook finds, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from callaudit.config import Config, JudgeConfig
from callaudit.desk import judging
from callaudit.desk.knobs import change, knobs
from callaudit.desk.learning import Present
from callaudit.desk.trying import Stored, Trial, check, try_calls
from callaudit.desk.whatif import Outcome, Trials, wanted
from callaudit.errors import DeskError
from callaudit.pipeline import judge_call
from callaudit.reports.stored import audit_from
from callaudit.rules import load_rulebook
from callaudit.rules.rulebook import Written, read_rulebook
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.tables import AccessRow, AuditRow, JudgingRow
from tests.desk.judged import NOW, add_user, bench, by

SAMPLES = Path(__file__).parents[2] / "samples"
BOOK = """
name: own
version: "1"
title: 试
chapters: {a: 甲}
settings: {}
phrases: {thanks: [谢谢, 感谢]}
rules:
  - id: rings
    title: {zh: 三声之内接听, en: Answer in time}
    severity: major
    chapter: a
    sources: [{anchor: s1, quote: 三声之内}]
    check: {operator: answer, rings_most: {value: 3, from: source}, seconds_most: 99}
  - id: thanks
    title: {zh: 说谢谢, en: Say thanks}
    severity: minor
    chapter: a
    sources: [{anchor: s2, quote: 谢谢}]
    check: {operator: say, any: ["@thanks"]}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


@pytest.fixture
def written(book: Path) -> Written:
    found = read_rulebook(book)
    assert found is not None
    return found


@pytest.fixture
def store(tmp_path: Path, book: Path) -> Iterator[Store]:
    """The samples with a ring, judged by the rulebook above."""
    rules = load_rulebook(book)
    with open_store(tmp_path / "calls.db") as opened:
        for name in ("bank-hold-good", "courier-abuse-bad", "telecom-silent-call-bad"):
            audit = audit_from(json.loads((SAMPLES / f"{name}.audit.json").read_text(encoding="utf-8")))
            opened.save(entries_of(judge_call(audit.call, rules), hearing="h", judging="j"), now=NOW)
        yield opened


@pytest.fixture
def trials(store: Store, book: Path) -> Iterator[Trials]:
    made = Trials(store, Config(judge=JudgeConfig(rulebook=str(book), meaning=False)), limit_s=60.0)
    yield made
    made.close()


def test_numbers_and_phrases_of_a_rule_are_known_written_or_not(written: Written) -> None:
    rings, thanks = written.book.rules
    found = {one.id: one for one in knobs(written, rings)}
    assert (found["check.rings_most"].number, found["check.rings_most"].origin) == (3.0, "source")
    assert not found["check.seconds_most"].is_default
    found = {one.id: one for one in knobs(written, thanks)}
    assert found["check.any"].phrases == ("@thanks",)
    assert found["check.least"].is_default


def test_a_change_is_a_rulebook_that_can_be_read(written: Written, book: Path, tmp_path: Path) -> None:
    rings, thanks = written.book.rules
    made = change(written, rings, "check.rings_most", " 2 ")
    assert (made.old, made.new) == ("3", "2")
    assert yaml.safe_load(made.text(str(book))) == {
        "extends": str(book), "rules": [{"id": "rings", "check": {"operator": "answer", "rings_most": 2}}]
    }  # fmt: skip
    own = tmp_path / "changed.yaml"
    own.write_text(change(written, thanks, "check.any", "@thanks\n多谢\n\n").text(str(book)), encoding="utf-8")
    words = load_rulebook(own).rule("thanks").checks[0].options.any
    assert [str(one) for one in words] == ["谢谢", "感谢", "多谢"]


@pytest.mark.parametrize(
    ("knob", "value", "why"),
    [
        ("check.rings_most", "three", "no number"),
        ("check.rings_most", "nan", "no number"),
        ("check.rings_most", "3.0", "says already"),
        ("check.nothing", "3", "no such value"),
        ("id", "3", "no such value"),
    ],
)
def test_what_is_no_change_is_refused(written: Written, knob: str, value: str, why: str) -> None:
    with pytest.raises(DeskError, match=why):
        change(written, written.book.rules[0], knob, value)


def tried(store: Store, written: Written, book: Path, knob: str, value: str, rule: int = 0) -> Outcome:
    """The trial, in this process."""
    trials = Trials(store, Config(judge=JudgeConfig(rulebook=str(book), meaning=False)), limit_s=60.0)
    trials._call = lambda work, *given: work(*given)  # type: ignore[method-assign]  # as the other process does it
    return trials.run(1, change(written, written.book.rules[rule], knob, value))


def test_who_flips_is_who_the_changed_rulebook_finds(store: Store, written: Written, book: Path) -> None:
    made = tried(store, written, book, "check.rings_most", "0")
    rung = {
        call_id
        for call_id in (1, 2, 3)
        if (ring := store.call(call_id).timeline.ring) is not None and (ring.count or 0) > 0
    }
    assert rung
    assert {one.tried.call_id for one in made.flips} == rung
    assert all(one.is_found for one in made.flips)
    assert (made.n, made.of, made.n_unread, made.fault) == (3, 3, 0, "")
    flip = made.flips[0].tried
    assert flip.before is not None
    assert flip.after is not None
    assert (flip.before.status, flip.after.status) == ("passed", "violated")
    assert flip.before.score is not None
    assert flip.after.score is not None
    assert flip.after.score == flip.before.score - 5  # a major one costs five points


def test_it_stands_against_what_people_said(store: Store, written: Written, book: Path) -> None:
    mia, desk = add_user(store, "mia"), bench(store)
    recordings = {call_id: store.call(call_id).recording.id for call_id in (1, 2)}
    judging.report_miss(desk, by(mia, 0), recordings[1], "rings", 1.0)
    judging.report_miss(desk, by(mia, 0), recordings[2], "rings", 1.0)
    judging.judge(desk, by(mia, 1), recordings[2], "rings", "overturned")
    made = tried(store, written, book, "check.rings_most", "0")
    assert made.before == Present(hits=0, false=0, missed=1)
    assert made.after == Present(hits=1, false=1, missed=0)
    assert (made.after.precision, made.after.recall) == (0.5, 1.0)


def test_nothing_is_written(store: Store, written: Written, book: Path) -> None:
    def rows() -> list[int]:
        with store.session(write=False) as session:
            return [
                session.scalar(select(func.count()).select_from(own)) or 0 for own in (AuditRow, JudgingRow, AccessRow)
            ]

    before, document = rows(), store.document(1)
    tried(store, written, book, "check.rings_most", "0")
    assert rows() == before
    assert store.document(1) == document


def test_a_rulebook_changed_since_is_no_flip_of_this_change(store: Store, book: Path) -> None:
    book.write_text(BOOK.replace("value: 3", "value: 0"), encoding="utf-8")  # and nobody rescored
    now = read_rulebook(book)
    assert now is not None
    made = tried(store, now, book, "check.seconds_most", "500")
    assert [one.tried.call_id for one in made.flips] == []


def test_a_faulty_change_says_what_is_wrong_and_no_path(written: Written, book: Path) -> None:
    text = change(written, written.book.rules[1], "check.any", "@nothing").text(str(book))
    why = check(Trial(str(book), (), text, "thanks", None, False))
    assert why is not None
    assert "@nothing" in why
    assert "/tmp" not in why.split("@nothing")[0]


def test_a_damaged_document_is_left_out(book: Path, written: Written) -> None:
    text = change(written, written.book.rules[0], "check.rings_most", "0").text(str(book))
    (got,) = try_calls(Trial(str(book), (), text, "rings", None, False), [Stored(7, b"no", b"no", {})])
    assert (got.call_id, got.before, got.after) == (7, None, None)


def test_it_is_done_in_a_process_of_its_own(trials: Trials, written: Written) -> None:
    made = trials.run(1, wanted(written, "rings", "check.rings_most", "0"))
    assert (made.fault, made.n, made.is_done) == ("", 3, True)
    assert made.flips
    assert trials.of(1, "rings") is made
    assert trials.of(1, "thanks") is None
    assert trials.of(2, "rings") is None
