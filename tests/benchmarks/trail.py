"""How fast the audit trail is read: generated lines, the median and the 95th percentile of each question.

    python tests/benchmarks/trail.py --lines 1000000 --store /tmp/trail.db
    python tests/benchmarks/trail.py --lines 1000000 --store postgresql://…

A store whose trail has lines is asked; an empty one is filled first: a year, 200 people, most acts of five kinds, one
act and one person rare.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from callaudit.desk import trail
from callaudit.desk.trail import Asked
from callaudit.store.database import Store, open_store
from callaudit.store.tables import AccessRow

ACTS = ("see call", "judge finding", "mark reviewed", "hear unmuted", "undo")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
YEAR_S = 365 * 86_400
CHUNK = 20_000


def fill(store: Store, n_lines: int) -> None:
    """Writes lines in the order of time."""
    chance = random.Random(6)
    for first in range(0, n_lines, CHUNK):
        rows = [_row(number, n_lines, chance) for number in range(first, min(first + CHUNK, n_lines))]
        with store.session() as session:
            session.connection().execute(insert(AccessRow.__table__), rows)  # type: ignore[arg-type]  # a Table
    with store.session() as session:
        session.execute(text("ANALYZE"))


def _row(number: int, n_lines: int, chance: random.Random) -> dict[str, Any]:
    rare = number % (n_lines // 20) == 7
    return {
        "at": FIRST + timedelta(seconds=number * YEAR_S / n_lines),
        "who": "rarely" if rare else f"person{chance.randrange(200):03}",
        "act": "decide appeal" if rare else chance.choice(ACTS),
        "what": {"rule": "closing-goodbye", "says": "upheld", "version": 3},
        "recording_id": f"{chance.randrange(n_lines // 10):064x}",
    }


def questions(chance: random.Random, n_lines: int) -> dict[str, Callable[[Session], object]]:
    """One question of each kind, chosen anew each time."""
    day = FIRST + timedelta(chance.randrange(364))
    who, act = f"person{chance.randrange(200):03}", chance.choice(ACTS)
    recording = f"{chance.randrange(n_lines // 10):064x}"
    asked = {
        "newest": Asked(),
        "a person": Asked(who=who),
        "somebody rare": Asked(who="rarely"),
        "an act": Asked(act=act),
        "a rare act": Asked(act="decide appeal"),
        "a person, an act": Asked(who=who, act=act),
        "a day": Asked(since=day, until=day + timedelta(1)),
        "a person, a day": Asked(who=who, since=day, until=day + timedelta(1)),
        "a rare act, a month": Asked(act="decide appeal", since=day, until=day + timedelta(30)),
        "a call": Asked(recording_id=recording),
    }
    found: dict[str, Callable[[Session], object]] = {
        name: lambda session, one=one: trail.lines(session, one) for name, one in asked.items()
    }
    middle = chance.randrange(n_lines)
    found["a page in the middle"] = lambda session: trail.lines(session, Asked(), before=middle)
    found["history of a call"] = lambda session: trail.of_call(session, recording, ACTS)
    found["all acts and people"] = lambda session: (trail.acts(session), trail.names(session))
    return found


def main() -> None:
    """Fills, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--store", required=True)
    parser.add_argument("--times", type=int, default=40)
    given = parser.parse_args()
    with open_store(given.store) as store:
        with store.session(write=False) as session:
            n_lines = session.scalar(select(func.count()).select_from(AccessRow)) or 0
        if n_lines == 0:
            fill(store, given.lines)
            n_lines = given.lines
        chance = random.Random(7)
        took: dict[str, list[float]] = {}
        for _ in range(given.times):
            for name, ask in questions(chance, n_lines).items():
                with store.session(write=False) as session:
                    began = time.perf_counter()
                    ask(session)
                    took.setdefault(name, []).append(1000 * (time.perf_counter() - began))
    print(f"{n_lines:,} lines, {store.dialect}: milliseconds")
    for name, ms in took.items():
        print(f"{name:24} median {statistics.median(ms):7.1f}  p95 {statistics.quantiles(ms, n=20)[-1]:7.1f}")


if __name__ == "__main__":
    main()
