"""How long it takes to judge stored calls again: what changed decides how much is read and judged.

    python tests/benchmarks/rescore.py FOLDER --calls 10000 --workers 2

FOLDER holds audits in JSON, of calls that were heard. They are judged once by the built-in rules, tiled to so many
calls with other ids, days and customers, and stored; then a copy of the store is judged again for each of these:

threshold   one number of one rule, far from what calls measure: none has to be read
amid        the same number, in the midst of what they measure: every second one has to be
waits       a number of a rule that has to judge every call again to tell
phrase      one phrase more in one rule
situation   one phrase more in a situation that several rules ask for
sheet       the bank's scoring sheet for every call
meaning     an example less in a meaning that one rule knows (sentences are compared again: the dearest single change)
everything  the settings that all rules share: nothing can be taken over; of 200 calls, the rest is reckoned

Processor time is that of all processes, which other work on the machine moves less than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callaudit.batch.rejudging import Way
from callaudit.batch.rescore import know, rescore
from callaudit.config import Config
from callaudit.history import past_call
from callaudit.pipeline import judge_call
from callaudit.records import Call
from callaudit.reports.stored import call_from
from callaudit.rules import Rulebook
from callaudit.rules.base import Limit
from callaudit.store.database import Store, open_store
from callaudit.store.documents import packed, unpacked
from callaudit.store.entries import Entry, entries_of
from callaudit.store.judgements import write_judgements
from callaudit.store.writing import write_call

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CHUNK = 200
SAMPLE = 200
THRESHOLD, PHRASE, MEANING = "brief-and-clear", "no-threat-to-hang-up", "no-rushing-to-end"
AMID_S = 5.0
WAITS = "hold-say-please-wait-first"
SITUATION = "customer_cannot_hear"
"""Eight rules ask for it."""


def fill(path: Path, calls: list[Call], n_calls: int, way: Way) -> None:
    """Stores the calls, each judged once, under so many ids."""
    with open_store(path) as store:
        know(store, way)
        judged = [(judge_call(call, way.rulebook, way.aids), call) for call in calls]
        judged = [(audit, past_call(call, way.rulebook)) for audit, call in judged]
        for first in range(0, n_calls, CHUNK):
            entries = []
            for number in range(first, min(first + CHUNK, n_calls)):
                audit, past = judged[number % len(judged)]
                entries.append(tiled(entries_of(audit, hearing="h" * 64, judging=way.judging, past=past), number))
            store.transact(lambda session, entries=entries: save(session, store, entries))


def save(session: Any, store: Store, entries: list[Entry]) -> None:
    ids = {write_call(session, entry.call, store.vault, NOW): entry.judgement for entry in entries}
    write_judgements(session, ids, store.vault, NOW)


def tiled(entry: Entry, number: int) -> Entry:
    """The same call of another recording, on another day, of another customer."""
    own_id, later = f"{number:064x}", timedelta(days=number // 50)
    document = unpacked(entry.call.document)
    document["recording"]["id"] = own_id
    started = None if entry.call.started_at is None else entry.call.started_at + later
    call = replace(
        entry.call, recording_id=own_id, path=f"{number}.wav", started_at=started, document=packed(document),
        day=None if started is None else started.date().isoformat(),
    )  # fmt: skip
    past = entry.judgement.past
    if past is not None:
        customer = past.customer and f"{past.customer}-{number // 44}"
        past = replace(past, id=own_id, started_at=past.started_at + later, customer=customer)
    return Entry(call, replace(entry.judgement, past=past))


# ── what changes ─────────────────────────────────────────────────────────────────────────────────────────────────
def with_rule(book: Rulebook, rule_id: str, edit: Callable[[Any], Any]) -> Rulebook:
    rules = tuple(edit(rule) if rule.id == rule_id else rule for rule in book.rules)
    return replace(book, rules=rules)


def options(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule with the options of its first check edited."""
    return lambda rule: replace(
        rule, checks=(replace(rule.checks[0], options=edit(rule.checks[0].options)), *rule.checks[1:])
    )


def changes(way: Way) -> Iterator[tuple[str, Way]]:
    book = way.rulebook
    yield "threshold", own(way, with_rule(book, THRESHOLD, options(stricter)), 1)
    yield "amid", own(way, with_rule(book, THRESHOLD, options(lambda o: replace(o, most_s=Limit(value=AMID_S)))), 6)
    yield "waits", own(way, with_rule(book, WAITS, options(stricter)), 7)
    yield "phrase", own(way, with_rule(book, PHRASE, options(lambda o: replace(o, words=(*o.words, "随便你吧")))), 2)
    cue = book.situations[SITUATION]
    situations = {**book.situations, SITUATION: replace(cue, words=(*cue.words, "话筒没有声音吗"))}
    yield "situation", own(way, replace(book, situations=situations), 3)
    yield "sheet", replace(way, sheet="bank")
    yield "meaning", own(way, with_rule(book, MEANING, options(shorter)), 4)
    yield "everything", own(way, replace(book, settings=replace(book.settings, work_hours=("08:30", "18:00"))), 5)


def stricter(given: Any) -> Any:
    """Options with the first limit that they hold halved."""
    limits = ((one.name, getattr(given, one.name)) for one in fields(given))
    name, limit = next((name, value) for name, value in limits if isinstance(value, Limit))
    return replace(given, **{name: replace(limit, value=limit.value / 2)})


def shorter(given: Any) -> Any:
    return replace(given, means=tuple(replace(one, like=one.like[1:]) for one in given.means))


def own(way: Way, book: Rulebook, number: int) -> Way:
    return Way(replace(book, sha256=f"{number:064x}"), way.aids, way.sheet)


def cpu_s() -> float:
    """Processor time of this process and of those it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def copied(path: Path, folder: str) -> Path:
    return Path(shutil.copy(path, folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="names of changes")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "callaudit-rescore")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    way = Way.from_config(Config())
    calls = [call_from(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(given.folder.glob("*.json"))]
    given.work.mkdir(parents=True, exist_ok=True)
    stores = {n: given.work / f"{n}-{way.judging[:12]}.db" for n in (given.calls, SAMPLE)}
    for n_calls, path in stores.items():
        if not path.exists():
            fill(path.with_suffix(".part"), calls, n_calls, way)
            path.with_suffix(".part").rename(path)
    print(f"{given.calls} calls, {stores[given.calls].stat().st_size / 1e6:.0f} MB, {given.workers} workers")
    for name, changed in changes(way):
        if given.only and name not in given.only:
            continue
        n_calls = SAMPLE if name == "everything" else given.calls
        with (
            tempfile.TemporaryDirectory(dir=given.work) as folder,
            open_store(copied(stores[n_calls], folder)) as store,
        ):
            began_s, began_cpu_s = time.perf_counter(), cpu_s()
            done = rescore(store, changed, workers=given.workers)
            wall_s, busy_s = time.perf_counter() - began_s, cpu_s() - began_cpu_s
        assert done.n_judged == n_calls
        scale = given.calls / n_calls
        note = "" if scale == 1 else f"   (reckoned from {n_calls})"
        print(
            f"{name:11s} {wall_s * scale:7.1f} s   processor {busy_s * scale:7.1f} s   {busy_s / n_calls * 1e3:6.1f} ms"
            f" a call   {done.n_parsed} read   {len(done.tally.flips)} flips   "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB{note}",
            flush=True,
        )


if __name__ == "__main__":
    main()
