"""The pass over several calls: the store ends as if every call had been judged with all the others at hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch.crosscall import cross_calls
from callaudit.batch.rejudging import Way
from callaudit.batch.rescore import know, rescore
from callaudit.history import past_call
from callaudit.pipeline import judge_call
from callaudit.records import Call
from callaudit.reports.json import audit_document
from callaudit.reports.stored import as_written
from callaudit.rules import Rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.digests import asks_history
from callaudit.rules.past import Asking, History, history_of
from callaudit.store.crypt import new_key
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.rekey import rekey
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

WHOLE = built_in("etiquette-zh")
BOOK = replace(WHOLE, rules=tuple(rule for rule in WHOLE.rules if asks_history(rule)), sha256="1" * 64)
WAY = Way(BOOK, Aids())
NOW = datetime(2026, 11, 22, tzinfo=UTC)
START = datetime.fromisoformat("2026-11-10T10:00:00+08:00")
PROMISE = [{"customer": "我要投诉，送货员态度太差了。"}, {"agent": "非常抱歉，我们会上报，两小时之内给您明确的答复。"}]
ELSEWHERE = [{"customer": "请打13900003318联系我。"}, *PROMISE]
REPLY = [{"customer": "喂。"}, {"agent": "您好，关于您的投诉给您答复，处理结果您是否满意？"}, {"customer": "满意。"}]
CHAT = [{"agent": "您好，请问有什么可以帮您？"}, {"customer": "没什么，打错了。"}, {"agent": "好的，再见。"}]
LOUD = [
    {"agent": "您好，请问有什么可以帮您？", "f0_hz": 210, "rate": 6.0},
    {"customer": "我想问一下我的订单什么时候到。"},
    {"agent": "好的，我来帮您查询一下您的订单情况。", "f0_hz": 330, "rate": 9.0},
    {"customer": "谢谢。"},
    {"agent": "您的订单预计明天下午送到您家里面。", "f0_hz": 205, "rate": 6.0},
]


def call(number: int, hours: float, turns: Sequence[Any], **more: Any) -> Call:
    metadata = {"customer_number": more.pop("customer", "13800001234"), "agent_id": more.pop("agent", "A1")}
    started = (START + timedelta(hours=hours)).isoformat()
    made = call_from_script({"started_at": started, "metadata": metadata, "turns": turns, **more})
    made = replace(made, recording=replace(made.recording, id=f"{number:064x}", path=f"{number}.wav"))
    return as_written(made)


CALLS = (
    call(1, 0, PROMISE),
    call(2, 1.5, REPLY, direction="outbound"),
    call(3, 3, PROMISE, customer="13900003318"),
    call(4, 4, ELSEWHERE, customer="13700009999", agent="A2"),
    call(5, 26, REPLY, customer="13900003318", direction="outbound", agent="A2"),
    call(6, 30, PROMISE, customer="13600008888"),
    *(call(10 + k, 40 + k, LOUD, customer=f"1350000111{k}", agent="A3") for k in range(5)),
    call(20, 50, CHAT, customer="13400002222"),
    call(21, 50, CHAT, direction="outbound"),
)


def night(store: Store, calls: Sequence[Call]) -> None:
    """What a batch writes: each call judged at once, knowing no other."""
    know(store, WAY)
    for one in calls:
        audit = judge_call(one, BOOK)
        store.save(entries_of(audit, hearing="h", judging=WAY.judging, past=past_call(one, BOOK)), now=NOW)


def told(store: Store) -> dict[str, Any]:
    documents = [store.document(one.id) for one in store.each()]
    return {document["recording"]["id"]: document for document in documents}


def expected(calls: Sequence[Call], *, complete: bool, book: Rulebook = BOOK) -> dict[str, Any]:
    """What every call comes to with all the others at hand."""
    known = [past for one in calls if (past := past_call(one, book))]
    until = max(past.ended_at for past in known) if complete else None
    aids = Aids(history=history_of(known, until))
    return {one.recording.id: audit_document(judge_call(one, book, aids)) for one in calls}


def opened(folder: Path, name: str = "calls.db", key: str | None = None) -> Store:
    return open_store(folder / name, key=key)


def test_only_rules_that_are_said_to_ask_for_other_calls_do() -> None:
    for one in CALLS:
        asking = Asking(history_of([], None), one.recording.id)
        others = replace(WHOLE, rules=tuple(rule for rule in WHOLE.rules if not asks_history(rule)), sha256="2" * 64)
        judge_call(one, others, Aids(history=asking))
        assert asking.answers == {}


@pytest.mark.parametrize("complete", [True, False])
def test_the_store_ends_as_if_all_calls_had_been_judged_together(tmp_path: Path, complete: bool) -> None:
    with opened(tmp_path) as store:
        night(store, CALLS)
        alone = told(store)
        crossed = cross_calls(store, WAY, complete=complete)
        assert told(store) == expected(CALLS, complete=complete)
        assert crossed.n_changed > 0
        assert told(store) != alone
        assert cross_calls(store, WAY, complete=complete).n_judged == 0  # and comes to rest


@pytest.mark.slow
def test_neither_order_nor_nights_nor_processes_matter(tmp_path: Path) -> None:
    wanted = expected(CALLS, complete=True)
    for seed in range(3):
        calls = random.Random(seed).sample(CALLS, len(CALLS))
        with opened(tmp_path, f"{seed}.db") as store:
            night(store, calls[:5])
            cross_calls(store, WAY, complete=True)
            night(store, calls[5:])
            cross_calls(store, WAY, complete=True, workers=2 if seed == 0 else 1)
            assert told(store) == wanted


def test_a_promise_that_has_become_due_is_a_breach_though_nobody_called(tmp_path: Path) -> None:
    rule = "complaint-reply-kept-in-time"

    def status(store: Store) -> str:
        return next(f["status"] for f in told(store)[f"{6:064x}"]["findings"] if f["rule"] == rule)

    with opened(tmp_path) as store:
        night(store, CALLS[1:6])
        cross_calls(store, WAY, complete=True)
        assert status(store) == "not_assessable"
        night(store, [call(30, 60, CHAT, customer="13400002222")])
        cross_calls(store, WAY, complete=True)
        assert status(store) == "violated"


def test_a_pass_that_was_broken_off_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(n_judged: int) -> None:
        raise Killed

    monkeypatch.setattr("callaudit.batch.crosscall.PAGE", 3)
    with opened(tmp_path) as store:
        night(store, CALLS)
        for _ in range(2):
            with pytest.raises(Killed):
                cross_calls(store, WAY, complete=True, progress=kill)
        assert told(store) != expected(CALLS, complete=True)
        cross_calls(store, WAY, complete=True)
        assert told(store) == expected(CALLS, complete=True)


def test_customers_are_found_by_their_keyed_hashes_too(tmp_path: Path) -> None:
    with opened(tmp_path, key=new_key()) as store:
        night(store, CALLS)
        cross_calls(store, WAY, complete=True)
        assert told(store) == expected(CALLS, complete=True)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("calls.db*"))
    assert b"13800001234" not in kept


@pytest.mark.parametrize("rekeyed", [True, False])
def test_customers_are_found_whatever_key_was_theirs_before(tmp_path: Path, rekeyed: bool) -> None:
    """Plain for a night, then under a key, then under another; call 4 leaves the number of one who calls after that."""
    first, second = new_key(), new_key()
    known = (CALLS[0], CALLS[5]), (CALLS[3], CALLS[1])
    others = [one for one in CALLS if one not in (*known[0], *known[1])]
    nights = (None, known[0]), (first, known[1]), (f"{second},{first}", others)
    for key, calls in nights:
        with opened(tmp_path, key=key) as store:
            if rekeyed:
                rekey(store)
            night(store, calls)
            cross_calls(store, WAY, complete=True)
    with opened(tmp_path, key=f"{second},{first}") as store:
        assert told(store) == expected(CALLS, complete=True)
        rekey(store)
    with opened(tmp_path, key=second) as store:
        assert cross_calls(store, WAY, complete=True).n_judged == 0
        assert told(store) == expected(CALLS, complete=True)
        store.tidy()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("calls.db*"))
    assert b"13900003318" not in kept


@pytest.mark.parametrize("rule_id", ["keep-promises", "complaint-reply-kept-in-time", "voice-gentle-courteous"])
def test_rules_changed_afterwards_come_to_the_same(tmp_path: Path, rule_id: str) -> None:
    rules = tuple(replace(rule, severity="critical" if rule.id == rule_id else rule.severity) for rule in BOOK.rules)
    book = replace(BOOK, rules=rules, sha256="3" * 64)
    with opened(tmp_path) as store:
        night(store, CALLS)
        cross_calls(store, WAY, complete=True)
        rescore(store, Way(book, Aids()))
        cross_calls(store, Way(book, Aids()), complete=True)
        assert told(store) == expected(CALLS, complete=True, book=book)


def test_a_call_that_asked_nothing_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        night(store, [CALLS[-2]])
        assert cross_calls(store, WAY, complete=True).n_judged == 0


def test_an_unknown_way_has_no_calls(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert cross_calls(store, WAY, complete=True).n_judged == 0


def test_how_an_agent_usually_sounds_takes_three_calls() -> None:
    history = History(tuple(past for one in CALLS if (past := past_call(one, BOOK))))
    assert history.usual("A3", "f0_median_hz") == pytest.approx(210, abs=6)
    assert history.usual("A2", "f0_median_hz") is None
