"""A rescore is what a fresh audit by the new rules would be, to the byte, and touches no more than it must."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import delete, func, select, update

from callaudit.batch.changes import SHEET, Shift, tally_text
from callaudit.batch.rejudging import Way, unchanged
from callaudit.batch.rescore import know, rescore
from callaudit.cli.rescore import rescore_command
from callaudit.history import past_call
from callaudit.pipeline import judge_call
from callaudit.records import Call
from callaudit.reports.json import audit_document, dumped
from callaudit.reports.stored import as_written
from callaudit.rules import Rulebook, load_rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.base import OPERATORS
from callaudit.store.database import Store, open_store
from callaudit.store.documents import packed, unpacked
from callaudit.store.entries import entries_of
from callaudit.store.tables import AskedRow, AuditDocument, AuditRow, CallDocument, JudgingRow, PastRow
from callaudit.testing.scripts import call_from_script

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD: dict[str, Any] = {
    "name": "test", "version": "1", "title": "测试", "chapters": {"other": "其他", "calls": "通话"},
    "situations": {"complaint": {"who": "customer", "words": ["投诉"]}, "bye": {"who": "agent", "words": ["再见"]}},
}  # fmt: skip


def rule(rule_id: str, check: Any, **more: Any) -> dict[str, Any]:
    own = {"id": rule_id, "title": {"zh": rule_id, "en": rule_id}, "severity": "major", "check": check}
    return {**own, "sources": [{"anchor": "s0-001", "quote": "规则"}], **more}


RULES = [
    rule("greets", {"operator": "say", "any": ["您好"], "where": "opening"}),
    rule("takes-leave", {"operator": "say", "any": ["再见"], "where": "closing"}, applies_to="inbound"),
    rule("never-shouts", {"operator": "never_say", "words": ["闭嘴"]}, severity="critical"),
    rule("sorry", {"operator": "respond", "trigger": "complaint", "any": ["抱歉"]}),
    rule("called-back", {"operator": "followed_up", "after": "complaint", "within_h": 24}),
    rule("manners", {"operator": "summary", "rules": ["greets", "sorry"]}),
]
SCRIPTS: tuple[dict[str, Any], ...] = (
    {"turns": [{"agent": "您好，请讲。"}, {"customer": "我要投诉你们。"}, {"agent": "非常抱歉。再见。"}]},
    {"turns": [{"agent": "喂，什么事？"}, {"customer": "我要投诉你们。"}, {"agent": "你闭嘴，我不管。"}]},
    {"direction": "outbound", "turns": [{"agent": "您好，我是客服。"}, {"customer": "你好。"}, {"agent": "谢谢您。"}]},
    {"direction": None, "turns": [{"agent": "喂。"}, {"customer": "你好。"}, {"agent": "祝您愉快，再见。"}]},
)


def calls() -> Iterator[Call]:
    for number, script in enumerate(SCRIPTS, 1):
        metadata = {"customer_number": "13800001234", "agent_id": f"A{number}", **script.get("metadata", {})}
        made = call_from_script({**script, "metadata": metadata})
        yield as_written(replace(made, recording=replace(made.recording, id=f"{number:064x}", path=f"{number}.wav")))


CALLS = tuple(calls())


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Rulebook]:
    """A rulebook of `RULES`, in which `edit` has changed what it likes."""

    def made(edit: Callable[[dict[str, Any]], object] = lambda given: None) -> Rulebook:
        given = json.loads(json.dumps({**HEAD, "rules": RULES}))
        edit(given)
        file = tmp_path / "book.yaml"
        file.write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
        return load_rulebook(file)

    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "calls.db") as opened:
        yield opened


def night(store: Store, way: Way, audited: Sequence[Call] = CALLS) -> None:
    know(store, way)
    for one in audited:
        audit = judge_call(one, way.rulebook, way.aids, sheet=way.sheet)
        past = past_call(one, way.rulebook)
        store.save(entries_of(audit, hearing="h", judging=way.judging, past=past), now=NOW)


def fresh(way: Way) -> list[str]:
    return [dumped(audit_document(judge_call(one, way.rulebook, way.aids, sheet=way.sheet))) for one in CALLS]


def shown(store: Store) -> list[str]:
    return [dumped(store.document(call.id)) for call in store.each()]


def count(store: Store, table: Any, *where: Any) -> int:
    return int(store.transact(lambda s: s.scalar(select(func.count()).select_from(table).where(*where)), write=False))


def severe(given: dict[str, Any]) -> None:
    given["rules"][0]["severity"] = "critical"


def another_phrase(given: dict[str, Any]) -> None:
    given["rules"][0]["check"]["any"].append("喂")


def another_situation(given: dict[str, Any]) -> None:
    given["situations"]["complaint"]["words"] = ["你好"]


def dearer(given: dict[str, Any]) -> None:
    given["settings"] = {"points": {"major": 30}, "pass_from": 95}


def without_one(given: dict[str, Any]) -> None:
    del given["rules"][1]


def another_order(given: dict[str, Any]) -> None:
    given["rules"].reverse()


def another_hour(given: dict[str, Any]) -> None:
    given["settings"] = {"work_hours": ["08:00", "17:00"]}


def later_follow_up(given: dict[str, Any]) -> None:
    given["rules"][4]["check"]["within_h"] = 2


def outbound_only(given: dict[str, Any]) -> None:
    given["rules"][0]["applies_to"] = "outbound"


EDITS: tuple[tuple[Callable[[dict[str, Any]], None], int], ...] = (
    (severe, 4), (another_phrase, 4), (another_situation, 4), (dearer, 0), (without_one, 0), (another_order, 0),
    (another_hour, 4), (later_follow_up, 4), (outbound_only, 4),
)  # fmt: skip
"""A change, and how many of the calls have to be read for it."""


@pytest.mark.parametrize(("edit", "n_parsed"), EDITS)
def test_the_documents_are_those_of_a_fresh_audit(
    store: Store, book: Callable[..., Rulebook], edit: Callable[[dict[str, Any]], None], n_parsed: int
) -> None:
    night(store, Way(book(), Aids()))
    way = Way(book(edit), Aids())
    before = shown(store)
    done = rescore(store, way)
    assert shown(store) == fresh(way) != before
    assert (done.n_judged, done.n_before, done.n_parsed, done.unread) == (4, 0, n_parsed, {})
    assert rescore(store, Way(book(), Aids())).n_judged == 4  # and back
    assert shown(store) == before


def brief(most_s: float) -> Callable[[dict[str, Any]], None]:
    """With a rule whose limit may move: in two of the calls the agent speaks on for 2 s and more."""

    def edit(given: dict[str, Any]) -> None:
        given["rules"].append(rule("brief", {"operator": "monologue", "most_s": most_s}))

    return edit


@pytest.mark.parametrize(("most_s", "n_parsed"), [(30, 0), (60, 0), (2, 2), (0.5, 4)])
def test_a_limit_that_moves_takes_the_calls_near_it_alone(
    store: Store, book: Callable[..., Rulebook], most_s: float, n_parsed: int
) -> None:
    night(store, Way(book(brief(45)), Aids()))
    way = Way(book(brief(most_s)), Aids())
    before = shown(store)
    assert rescore(store, way).n_parsed == n_parsed
    assert shown(store) == fresh(way) != before
    assert rescore(store, Way(book(another_phrase), Aids())).n_judged == 4  # and on from there
    assert shown(store) == fresh(Way(book(another_phrase), Aids()))


def test_a_limit_that_moves_takes_no_more_where_the_rule_had_crashed(
    store: Store, book: Callable[..., Rulebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*given: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setitem(OPERATORS, "monologue", replace(OPERATORS["monologue"], judge=crash))
        night(store, Way(book(brief(45)), Aids()))
    way = Way(book(brief(30)), Aids())
    assert rescore(store, way).n_parsed == 4
    assert shown(store) == fresh(way)


def test_processes_change_nothing(store: Store, book: Callable[..., Rulebook], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callaudit.batch.rescore.PAGE", 1)
    night(store, Way(book(), Aids()))
    way = Way(book(another_phrase), Aids())
    rescore(store, way, workers=2)
    assert shown(store) == fresh(way)


def test_another_sheet_is_another_judging(store: Store, book: Callable[..., Rulebook]) -> None:
    sheet = {"strict": {"title": "严", "sections": [{"title": "全部", "points": 100, "chapters": ["other"]}],
                        "prices": {"major": 50}}}  # fmt: skip
    way = Way(book(lambda given: given.update(sheets=sheet)), Aids())
    night(store, way)
    strict = replace(way, sheet="strict")
    shifts: list[Shift] = []
    done = rescore(store, strict, on_shift=shifts.append)
    assert shown(store) == fresh(strict)
    assert done.n_parsed == 0
    assert shifts
    assert {shift.causes for shift in shifts} == {(SHEET,)}


def test_it_says_whose_verdict_flips_and_which_rule_is_the_cause(store: Store, book: Callable[..., Rulebook]) -> None:
    night(store, Way(book(), Aids()))
    done = rescore(store, Way(book(severe), Aids()))
    flips = [(one.path, one.before, one.after, one.causes) for one in done.tally.flips]
    assert flips == [("4.wav", "pass", "fail", ("~greets",))]
    assert (done.tally.n_calls, done.tally.n_scores) == (4, 2)
    assert done.tally.by_rule == {"greets": 1}
    assert done.tally.by_agent == {("A4", "worse"): 1}
    text = tally_text(done.tally)
    assert "pass → fail: 1" in text
    assert "pass → fail  90.0 → 75.0  ~greets  4.wav" in text


def test_a_dry_run_writes_nothing(store: Store, book: Callable[..., Rulebook]) -> None:
    night(store, Way(book(), Aids()))
    before, n_judgings = shown(store), count(store, JudgingRow)
    dry = rescore(store, Way(book(severe), Aids()), dry_run=True)
    assert shown(store) == before
    assert count(store, JudgingRow) == n_judgings
    wet = rescore(store, Way(book(severe), Aids()))
    assert dry.tally == wet.tally


def test_earlier_judgements_are_kept(store: Store, book: Callable[..., Rulebook]) -> None:
    old, new = Way(book(), Aids()), Way(book(severe), Aids())
    night(store, old)
    before = shown(store)
    rescore(store, new)
    assert count(store, AuditRow) == 8
    assert count(store, AuditRow, AuditRow.latest) == 4
    assert [dumped(store.document(call.id, judging=old.judging)) for call in store.each()] == before


def test_what_other_calls_need_to_know_is_carried_over(store: Store, book: Callable[..., Rulebook]) -> None:
    old, new = Way(book(), Aids()), Way(book(another_phrase), Aids())
    night(store, old)
    rescore(store, new)
    per_book = [count(store, PastRow, PastRow.rulebook_sha256 == way.rulebook.sha256) for way in (old, new)]
    assert per_book == [4, 4]
    asked = select(AskedRow.key, AskedRow.answer).join(AuditRow, AuditRow.id == AskedRow.audit_id)
    first, again = (
        set(store.transact(lambda s, latest=latest: s.execute(asked.where(AuditRow.latest == latest)).all()))
        for latest in (False, True)
    )
    assert first == again != set()


def test_a_rescore_that_was_killed_goes_on_and_tells_the_whole(
    store: Store, book: Callable[..., Rulebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(n_calls: int) -> None:
        raise Killed

    monkeypatch.setattr("callaudit.batch.rescore.PAGE", 1)
    night(store, Way(book(), Aids()))
    way = Way(book(severe), Aids())
    told = rescore(store, way, dry_run=True).tally
    for _ in range(2):
        with pytest.raises(Killed):
            rescore(store, way, progress=kill)
    done = rescore(store, way)
    assert (done.n_before, done.n_judged) == (1, 3)
    assert shown(store) == fresh(way)
    assert done.tally == told


def test_a_damaged_document_is_named_and_stops_nothing(store: Store, book: Callable[..., Rulebook]) -> None:
    night(store, Way(book(), Aids()))
    store.transact(lambda s: s.execute(update(AuditDocument).where(AuditDocument.audit_id == 2).values(document=b"x")))
    store.transact(lambda s: s.execute(delete(CallDocument).where(CallDocument.call_id == 3)))
    done = rescore(store, Way(book(severe), Aids()))
    assert sorted(done.unread) == [2, 3]
    assert done.n_judged == 2


def test_judgements_of_unknown_digests_are_judged_whole(store: Store, book: Callable[..., Rulebook]) -> None:
    night(store, Way(book(), Aids()))
    store.transact(lambda s: s.execute(update(JudgingRow).values(digests={})))
    way = Way(book(dearer), Aids())
    assert rescore(store, way).n_parsed == 4
    assert shown(store) == fresh(way)


def test_documents_in_one_line_are_taken_over_too(store: Store, book: Callable[..., Rulebook]) -> None:
    night(store, Way(book(), Aids()))
    with store.session() as session:  # as a store has them that was made before findings had lines
        for one in session.scalars(select(AuditDocument)):
            one.document = packed(unpacked(one.document))
    before, way = shown(store), Way(book(another_phrase), Aids())
    rescore(store, way)
    assert shown(store) == fresh(way) != before


def test_a_summary_is_judged_again_with_what_it_sums_up(book: Callable[..., Rulebook]) -> None:
    old, new = Way(book(), Aids()), Way(book(severe), Aids())
    kept = unchanged(new.rulebook, new.digests, old.digests)
    assert kept == {"takes-leave", "never-shouts", "sorry", "called-back"}


def test_on_the_command_line(tmp_path: Path, book: Callable[..., Rulebook]) -> None:
    path = tmp_path / "calls.db"
    config = tmp_path / "config.toml"
    config.write_text(f'[judge]\nmeaning = false\n[store]\nurl = "{path}"\n')
    with open_store(path) as opened:
        night(opened, Way(book(), Aids()))
    book(severe)
    given = ["--config", str(config), "--rulebook", str(tmp_path / "book.yaml"), "--workers", "1"]
    result = CliRunner().invoke(rescore_command, [*given, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "4 calls" in result.output
    document = json.loads((tmp_path / "out" / "rescore.json").read_text())
    with (tmp_path / "out" / "rescore.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert document["verdicts_changed"] == len(document["flips"])
    assert {row["call_id"] for row in rows} >= {str(flip["call_id"]) for flip in document["flips"]}
    again = CliRunner().invoke(rescore_command, given)
    assert "0 judged now, 4 before" in again.output
