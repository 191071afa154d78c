"""How fast the queue of the review desk answers: generated calls, the median and the 95th percentile of each query.

    python tests/benchmarks/desk_queue.py --calls 100000 --store /tmp/queue.db
    python tests/benchmarks/desk_queue.py --calls 100000 --store postgresql://…

Calls as `tests/benchmarks/store.py` makes them (a twentieth of them reviewed), with more cases (`--cases`: of the worst
calls, a twentieth of all; two thirds of these are reviewed, and each belongs to one of ten people) and with what is
said (`--chars` characters a call, out of a few thousand words, some of them a thousand times as frequent as others).
The seed is fixed. What is asked is what the page asks: a page of calls, the page in the middle, and the count.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).parents[2]))

from callaudit.store import caseload, queries, search
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import CaseRow, UserRow
from callaudit.store.queries import Filter, Place
from callaudit.store.spoken import Said, said, spoken
from callaudit.store.tables import AuditRow, CallRow
from tests.benchmarks import store as calls

N_TEXTS, CHUNK = 1000, 500
PEOPLE = tuple(range(2, 12))
"""Ids of accounts, beside the one that `tests/benchmarks/store.py` makes."""
AT = datetime(2026, 12, 31, tzinfo=UTC)
EVERY = ("fail", "review", "pass")
WORDS = [
    "".join(pair)
    for pair in zip(
        *(random.Random(seed).choices([chr(0x4E00 + 7 * k) for k in range(2000)], k=3000) for seed in (1, 2)),
        strict=True,
    )
]
"""Of two characters each, the most frequent first."""


def fill(store: Store, n_calls: int, n_cases: int, n_chars: int, n_said: int) -> None:
    """Puts calls and cases into an empty store, and what is said in the first `n_said` of the calls."""
    calls.fill(store, n_calls)
    chance = random.Random(11)
    with store.session() as session:
        account = {"role": "reviewer", "must_change": False, "made_at": AT}
        session.execute(
            insert(UserRow), [{"id": one, "name": f"u{one}", "shown_name": f"U{one}", **account} for one in PEOPLE]
        )
        worst = queries.places(session, Filter(), limit=n_cases)
        of = select(AuditRow.id, CallRow.recording_id).join(CallRow, CallRow.id == AuditRow.call_id)
        for first in range(0, len(worst), CHUNK):
            ids = [place.audit_id for place in worst[first : first + CHUNK]]
            recordings = [recording_id for _, recording_id in session.execute(of.where(AuditRow.id.in_(ids)))]
            session.execute(delete(CaseRow).where(CaseRow.recording_id.in_(recordings)))
            session.execute(insert(CaseRow), [_case(chance, recording_id) for recording_id in recordings])
            caseload.point(session, recordings)
    weights = [1 / (k + 1) for k in range(len(WORDS))]
    texts = [
        spoken((float(turn), "agent", "".join(chance.choices(WORDS, weights, k=n_chars // 20))) for turn in range(10))
        for _ in range(N_TEXTS)
    ]
    begun = time.perf_counter()
    for first in range(1, n_said + 1, CHUNK):
        with store.session() as session:
            for call_id in range(first, min(first + CHUNK, n_said + 1)):
                search.put(session, call_id, chance.choice(texts), store.vault)
    print(f"{1000 * (time.perf_counter() - begun) / max(n_said, 1):.2f} ms a call to put what is said into the index")
    with store.session() as session:
        session.execute(text("ANALYZE"))


def _case(chance: random.Random, recording_id: str) -> dict[str, object]:
    return {
        "recording_id": recording_id, "version": 1, "state": "reviewed" if chance.random() < 0.67 else "open",
        "assignee_id": chance.choice(PEOPLE), "assigned_at": AT, "changed_at": AT,
    }  # fmt: skip


def filters(chance: random.Random) -> dict[str, Filter]:
    """One filter of each kind, chosen anew each time: those of the store, for calls that nobody has been through, …"""
    known = {
        name: wanted for name, wanted in calls.filters(chance).items() if not name.startswith(("nothing", "all calls"))
    }
    found = {f"to review, {name}": _with(wanted, reviewed=False) for name, wanted in known.items()}
    day, agent = known["a month"], known["an agent"].agents
    found |= {
        "unassigned": Filter(reviewed=False, assigned=False),
        "unassigned, a month": _with(day, reviewed=False, assigned=False),
        "mine": Filter(verdicts=EVERY, reviewed=False, assignees=(chance.choice(PEOPLE),)),
        "reviewed": Filter(verdicts=EVERY, reviewed=True),
        "reviewed, a month": _with(day, verdicts=EVERY, reviewed=True),
        "reviewed, an agent": Filter(verdicts=EVERY, reviewed=True, agents=agent),
        "assigned to somebody": Filter(assigned=True),
        "appealed": Filter(verdicts=EVERY, appealed=True),
    }
    for name, wanted in _searches(chance).items():
        found |= {
            f"said {name}": Filter(reviewed=False, said=wanted),
            f"said {name}, all": Filter(verdicts=EVERY, said=wanted),
            f"said {name}, an agent": Filter(verdicts=EVERY, said=wanted, agents=agent),
            f"said {name}, a month": _with(day, reviewed=False, said=wanted),
            f"said {name}, reviewed": Filter(verdicts=EVERY, reviewed=True, said=wanted),
        }
    return found


def _searches(chance: random.Random) -> dict[str, Said]:
    often, now_and_then, rarely = (
        WORDS[chance.randrange(5)],
        WORDS[chance.randrange(100, 200)],
        WORDS[-chance.randrange(1, 500)],
    )
    asked = {
        "often": said(often), "now and then": said(now_and_then), "rarely": said(rarely), "never": said("龘靐齉爩"),
        "one character": said(often[0]), "a phrase": said(often + now_and_then),
        "by sound": said(now_and_then, by_sound=True),
    }  # fmt: skip
    return {name: one for name, one in asked.items() if one is not None}


def _with(wanted: Filter, **changes: object) -> Filter:
    return replace(wanted, **changes)  # type: ignore[arg-type]


def questions() -> Iterator[tuple[str, Callable[[Session, Filter], object]]]:
    yield "queue", queries.queue
    yield "page in the middle", lambda session, wanted: queries.queue(session, wanted, after=Place(12_500_000, 0))
    yield "count", queries.count


def measure(store: Store, n_times: int) -> None:
    print(f"{'query':55} {'p50 ms':>9} {'p95 ms':>9}")
    every = []
    for name in filters(random.Random(0)):
        for kind, ask in questions():
            chance, took = random.Random(9), []
            for _ in range(n_times):
                wanted = filters(chance)[name]
                begun = time.perf_counter()
                with store.session(write=False) as session:
                    ask(session, wanted)
                took.append(1000 * (time.perf_counter() - begun))
            every += took
            p95 = statistics.quantiles(took, n=20)[18] if len(took) > 1 else took[0]
            print(
                f"{f'{kind}: {name}':55} {statistics.median(took):9.1f} {p95:9.1f}{'  !' if p95 > 300 else ''}",
                flush=True,
            )
    print(f"{'all':55} {statistics.median(every):9.1f} {statistics.quantiles(every, n=20)[18]:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--chars", type=int, default=300)
    parser.add_argument("--said", type=int, help="calls of which the words are indexed, which takes long; default: all")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with open_store(given.store) as store:
        with store.session(write=False) as session:
            known = session.scalar(select(func.count()).select_from(CallRow))
        if not known:
            begun = time.perf_counter()
            n_cases = given.calls // 20 if given.cases is None else given.cases
            fill(store, given.calls, n_cases, given.chars, given.calls if given.said is None else given.said)
            print(f"{given.calls} calls in {time.perf_counter() - begun:.0f} s, {store.size_bytes() / 1e6:.0f} MB")
        measure(store, given.times)


if __name__ == "__main__":
    main()
