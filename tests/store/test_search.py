"""What is said is found by characters and by sound, on both databases, as going through every text by hand finds it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from callaudit.cli.store import store as commands
from callaudit.records import Audit
from callaudit.store import caseload, queries, search
from callaudit.store.crypt import new_key
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import CaseRow
from callaudit.store.documents import packed
from callaudit.store.entries import Entry, entries_of
from callaudit.store.purge import purge
from callaudit.store.queries import Filter
from callaudit.store.spoken import said, spoken
from callaudit.text.pinyin import syllables
from tests.store.calls import entry, judged
from tests.store.conftest import NOW

ALL = ("fail", "review", "pass")


def _with(number: int, *turns: str, **columns: object) -> Entry:
    words = spoken([(float(at), "agent", turn) for at, turn in enumerate(turns)])
    return entry(number, judged(score=float(number % 90)), spoken=words, **columns)


def _found(store: Store, query: str, *, by_sound: bool = False, **more: object) -> list[int]:
    wanted = Filter(verdicts=ALL, said=said(query, by_sound=by_sound), **more)  # type: ignore[arg-type]
    with store.session(write=False) as session:
        listed = queries.queue(session, wanted, limit=1000)
        assert queries.count(session, wanted) == len(listed)
    return sorted(int(one.recording_id, 16) for one in listed)


@pytest.fixture
def told(store: Store) -> Store:
    for made in (
        _with(1, "你好，很高兴为您服务。", "我要退款"),
        _with(2, "泥号", "退。款什么时候到"),
        _with(3, "您贵姓", "我姓＊＊，你的卡号", "好的"),
        _with(4, "Hello World 5G套餐", "拨打12315投诉"),
        _with(5, "你", "好"),
        _with(6, "退赔款"),
    ):
        store.save(made, now=NOW)
    return store


@pytest.mark.parametrize(
    ("query", "by_sound", "right"),
    [
        ("你好", False, [1]),  # neither over the border of a turn, nor by sound
        ("你好", True, [1, 2]),
        ("退款", False, [1, 2]),  # over a full stop
        ("ni hao", False, [1, 2]),
        ("nihao", False, [1, 2]),
        ("NiHao", True, [1, 2]),
        ("好", False, [1, 3, 5]),
        ("hao", False, [1, 2, 3, 5]),  # 好, and 号 in 泥号 and 卡号
        ("姓你", False, []),  # what was masked lies between
        ("很高兴为您服务", False, [1]),
        ("高兴 退款", False, [1]),  # both, wherever
        ("hello", False, [4]),
        ("hello world", False, [4]),
        ("world hello", False, []),
        ("5g", False, [4]),
        ("１２３１５", False, [4]),
        ("2315", False, [4]),
        ("不存在", False, []),
    ],
)
def test_words_are_found(told: Store, query: str, by_sound: bool, right: list[int]) -> None:
    assert _found(told, query, by_sound=by_sound) == right


@pytest.mark.parametrize(
    "query",
    [
        '"', "'", "你好\" OR \"退款", "' OR 1=1 --", "chars:你好", "NEAR(你 好)", "你好*", "^你好", "-你好", "你 AND",
        "你:*&!|<->", "\\", "%", "_", "😀", "，。！？", "\u200b", "＊＊", "{chars sounds}:你好", "你" * 10_000,
        "a" * 10_000, "0" * 500, "( " * 3000, "\ud800",
    ],
)  # fmt: skip
def test_hostile_queries_are_answered(told: Store, query: str) -> None:
    wanted = said(query)
    if wanted is not None:
        with told.session(write=False) as session:
            queries.queue(session, Filter(verdicts=ALL, said=wanted))
            queries.count(session, Filter(verdicts=ALL, said=wanted))


@pytest.mark.parametrize("query", ["😀", "，。！？", "", " ", "＊＊", '"', "\ud800"])
def test_where_nothing_can_be_looked_for_nothing_is(query: str) -> None:
    assert said(query) is None


def test_it_finds_what_a_search_through_every_text_finds(store: Store) -> None:
    chance, texts = random.Random(7), {}
    for number in range(60):
        texts[number] = ["".join(chance.choices("你泥好号吗退推款", k=chance.randrange(1, 9))) for _ in range(4)]
        store.save(_with(number, *texts[number]), now=NOW)
    queries_ = ["".join(chance.choices("你好吗退款", k=k)) for k in (1, 1, 2, 2, 2, 3, 3, 4) for _ in range(3)]
    sizes = set()
    for query in queries_:
        assert _found(store, query) == [n for n, turns in texts.items() if any(query in turn for turn in turns)], query
        sound = " ".join(syllables(query))
        right = [n for n, turns in texts.items() if any(_holds(sound, turn) for turn in turns)]
        assert _found(store, query, by_sound=True) == right, query
        sizes.add(len(right))
    assert len(sizes) > 5


def _holds(sound: str, turn: str) -> bool:
    return f" {sound} " in f" {' '.join(syllables(turn))} "


@pytest.mark.parametrize("few", [0, 20_000])
def test_it_joins_with_other_filters(told: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(search, "FEW", few)
    assert _found(told, "退款") == [1, 2]
    told.save(_with(7, "退款", agent_id="a2", team="t2"), now=NOW)
    assert _found(told, "退款", agents=("a2",)) == [7]
    assert _found(told, "退款", teams=("t1",)) == [1, 2]
    with told.session() as session:
        session.add(CaseRow(recording_id=f"{1:064x}", version=1, state="reviewed", changed_at=NOW))
        session.flush()
        caseload.point(session, [f"{1:064x}"])
    assert _found(told, "退款", reviewed=False) == [2, 7]
    assert _found(told, "退款", reviewed=True) == [1]


def test_a_common_word_is_counted_up_to_a_bound(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "LOTS", 0)
    monkeypatch.setattr(queries, "MOST", 2)
    with told.session(write=False) as session:
        assert queries.count(session, Filter(verdicts=ALL, said=said("好"))) == 3
        assert queries.count(session, Filter(verdicts=ALL, said=said("退款"))) == 2


def test_a_call_of_hours_is_found_from_end_to_end(store: Store) -> None:
    turns = [f"今天天气{'很好' if n % 2 else '不错'}我们去公园走走" for n in range(2500)]
    turns[2400] = "保险理赔流程"
    store.save(_with(1, *turns), now=NOW)
    assert _found(store, "保险理赔流程") == _found(store, "理赔") == [1]
    assert _found(store, "险理赔我") == []


def test_what_is_said_comes_from_audits(store: Store, audits: list[Audit]) -> None:
    for audit in audits:
        store.save(entries_of(audit, hearing="h", judging="j"), now=NOW)
    phrase = audits[0].call.turns[0].text[:4]
    with store.session(write=False) as session:
        found = queries.queue(session, Filter(verdicts=ALL, said=said(phrase)))
        kept = search.turns_of(session, [one.call_id for one in found])
    assert audits[0].call.recording.id in {one.recording_id for one in found}
    assert audits[0].call.turns[0].text in {turn.text for turns in kept.values() for turn in turns}


# ── in step with the calls ───────────────────────────────────────────────────────────────────────────────────────
def _purge(store: Store) -> None:
    purge(store, datetime(2026, 1, 5, tzinfo=UTC), who="test", now=NOW)


def test_a_purged_call_is_found_no_more(store: Store) -> None:
    store.save(_with(1, "银行卡盗刷", day=0), now=NOW)
    store.save(_with(2, "银行卡盗刷", day=20), now=NOW)
    _purge(store)
    assert _found(store, "盗刷") == [2]
    with store.session(write=False) as session:
        assert search.n_indexed(session) == 1
    if store.path is not None:
        with sqlite3.connect(store.path) as plain:
            assert plain.execute("SELECT rowid FROM call_words WHERE call_words MATCH '\"盗刷\"'").fetchall() == [(2,)]


def test_nothing_of_a_purged_call_is_in_the_files(tmp_path: Path) -> None:
    with open_store(tmp_path / "calls.db") as store:
        store.save(_with(1, "龘靐齉爩", day=0), now=NOW)
        store.save(_with(2, "平常", day=20), now=NOW)
        _purge(store)
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "龘靐".encode() not in kept
    assert "平常".encode() in kept


def test_a_call_heard_again_is_found_by_what_was_heard_then(store: Store) -> None:
    from callaudit.store.writing import write_call

    store.save(_with(1, "第一次听到"), now=NOW)
    anew = _with(1, "第二次听到")

    def work(session: object) -> None:
        call_id = write_call(session, anew.call, store.vault, NOW, anew=True)  # type: ignore[arg-type]
        from callaudit.store.judgements import write_judgements

        write_judgements(session, {call_id: anew.judgement}, store.vault, NOW)  # type: ignore[arg-type]

    store.transact(work)
    assert _found(store, "第一次") == []
    assert _found(store, "第二次") == [1]


def test_with_a_key_nothing_is_indexed(new_url: Callable[[], str]) -> None:
    with open_store(new_url(), key=new_key()) as store:
        store.save(_with(1, "你好"), now=NOW)
        with store.session(write=False) as session:
            assert search.n_indexed(session) == 0
        assert _found(store, "你好") == []


def test_older_calls_are_filled_in(store: Store) -> None:
    told = entry(1, judged())
    store.save(replace(told, call=replace(told.call, document=packed({"turns": [_turn("你好")]}))), now=NOW)
    store.save(_with(2, "你好"), now=NOW)
    runner = CliRunner()
    address = store._url.render_as_string(hide_password=False)
    for right in ("1 calls", "0 calls"):
        done = runner.invoke(commands, ["index", "--store", address])
        assert done.exit_code == 0, done.output
        assert right in done.output
    assert _found(store, "你好") == [1, 2]


def _turn(text: str) -> dict[str, object]:
    return {"start_s": 0.5, "speaker": "agent", "text": text}
