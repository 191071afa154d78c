"""Rescores on both databases, two of them at the same time: each call ends judged once in each way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from callaudit.batch.rejudging import Way
from callaudit.batch.rescore import Rescored, know, rescore
from callaudit.history import past_call
from callaudit.pipeline import judge_call
from callaudit.records import Call
from callaudit.reports.json import audit_document, dumped
from callaudit.reports.stored import as_written
from callaudit.rules import load_rulebook
from callaudit.rules.aids import Aids
from callaudit.store.counts import recount
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.tables import AgentCount, AuditRow, DayCount, JudgingRow, PastRow, RuleCount
from callaudit.testing.scripts import call_from_script

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SAID = ("您好，请讲。", "喂，什么事？", "您好，再见。", "闭嘴。")
CALLED_BACK = {"operator": "followed_up", "after": "complaint", "within_h": 24}


def made(number: int, said: str) -> Call:
    turns = [{"agent": said}, {"customer": "我要投诉你们。"}, {"agent": "谢谢您。"}]
    call = call_from_script({"turns": turns, "metadata": {"customer_number": "13800001234", "agent_id": "A1"}})
    return as_written(replace(call, recording=replace(call.recording, id=f"{number:064x}", path=f"{number}.wav")))


CALLS = tuple(made(number, said) for number, said in enumerate(SAID, 1))


def rule(rule_id: str, check: dict[str, Any]) -> dict[str, Any]:
    own = {"id": rule_id, "title": {"zh": rule_id, "en": rule_id}, "severity": "major", "check": check}
    return {**own, "sources": [{"anchor": "s0-001", "quote": "规则"}]}


@pytest.fixture
def way(tmp_path: Path) -> Callable[[str], Way]:
    """A way of judging in which agents greet by these words."""

    def made(words: str) -> Way:
        book = {
            "name": "test", "version": "1", "title": "测试", "chapters": {"other": "其他"},
            "situations": {"complaint": {"who": "customer", "words": ["投诉"]}},
            "rules": [rule("greets", {"operator": "say", "any": [words], "where": "opening"}),
                      rule("never", {"operator": "never_say", "words": ["闭嘴"]}), rule("called-back", CALLED_BACK)],
        }  # fmt: skip
        file = tmp_path / f"{words}.yaml"
        file.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
        return Way(load_rulebook(file), Aids())

    return made


def night(store: Store, way: Way) -> None:
    know(store, way)
    for one in CALLS:
        audit, past = judge_call(one, way.rulebook, way.aids), past_call(one, way.rulebook)
        store.save(entries_of(audit, hearing="h", judging=way.judging, past=past), now=NOW)


def documents(store: Store, way: Way) -> list[str]:
    return [dumped(store.document(call.id, judging=way.judging)) for call in store.each()]


def fresh(way: Way) -> list[str]:
    return [dumped(audit_document(judge_call(one, way.rulebook, way.aids))) for one in CALLS]


def counts(store: Store) -> dict[str, set[tuple[Any, ...]]]:
    with store.session(write=False) as session:
        found = {
            own.__tablename__: {tuple(row) for row in session.execute(select(*own.__table__.columns))}
            for own in (DayCount, AgentCount, RuleCount)
        }
    return {name: {row for row in rows if any(row[5:])} for name, rows in found.items()}  # what fell to none is none


def sound(store: Store, *ways: Way) -> None:
    """Each call once in each way, one judgement of each shown, and the counts those of what is shown."""
    with store.session(write=False) as session:
        per_way = select(JudgingRow.judging, func.count(AuditRow.call_id.distinct()), func.count(AuditRow.id))
        per_way = per_way.join(AuditRow, AuditRow.judging_id == JudgingRow.id).group_by(JudgingRow.judging)
        assert {tuple(row) for row in session.execute(per_way)} == {(way.judging, 4, 4) for way in ways}
        assert session.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.latest)) == 4
        past = select(PastRow.rulebook_sha256, func.count()).group_by(PastRow.rulebook_sha256)
        assert {tuple(row) for row in session.execute(past)} == {(way.rulebook.sha256, 4) for way in ways}
    before = counts(store)
    store.transact(lambda session: recount(session))
    assert counts(store) == before


def test_a_rescore_is_the_same_on_both_databases(store: Store, way: Callable[[str], Way]) -> None:
    old, new = way("您好"), way("喂")
    night(store, old)
    assert rescore(store, new).n_judged == 4
    assert documents(store, new) == fresh(new) != documents(store, old) == fresh(old)
    sound(store, old, new)


@pytest.mark.parametrize("words", [("喂", "喂"), ("喂", "再见")])
def test_two_at_once(
    store_url: str, way: Callable[[str], Way], words: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callaudit.batch.rescore.PAGE", 1)
    old, ways, abreast = way("您好"), [way(own) for own in words], Barrier(2, timeout=60)

    def step(n_calls: int = 0) -> None:
        abreast.wait()

    def one(own: Way) -> Rescored:
        with open_store(store_url) as store:
            step()
            return rescore(store, own, progress=step)

    with open_store(store_url) as store:
        night(store, old)
        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(one, ways))
        assert [(each.n_judged + each.n_before, each.unread) for each in done] == [(4, {}), (4, {})]
        assert [documents(store, own) for own in ways] == [fresh(own) for own in ways]
        sound(store, old, *ways)
