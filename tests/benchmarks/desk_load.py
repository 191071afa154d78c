"""How the review desk bears many reviewers at once, on this machine's loopback.

    python tests/benchmarks/desk_load.py --folder /tmp/load --calls 100000 --reviewers 50 --seconds 90

A store is made in the folder where there is none: generated calls of 2026, and `--heard` real ones (copies of the
samples that break rules, with their documents and sound) of the first days of 2027, which the reviewers go through.
The server is `callaudit review` in a process of its own; accounts and sign-ins are made in the store, not by its form.
Each reviewer looks at the queue of a day (at times at that of all days first), opens a call, has its outline and the
first 200 kB of its sound, says something of a finding, and begins anew, after 1 to 3 seconds each time. What each kind
of answer took, by the reviewer's clock, from the request to its last byte; and how much memory the server came to.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import html
import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[2]))

from callaudit.desk import accounts, sign_ins
from callaudit.errors import NotThere
from callaudit.records import Audit
from callaudit.reports.stored import audit_from
from callaudit.store.database import Store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.tables import CallRow
from callaudit.web.sessions import COOKIE, csrf_of
from tests.benchmarks import store as generated
from tests.web.calls import SAMPLES, _with_padding

FIRST = datetime(2027, 1, 1, 9, tzinfo=UTC)
SINCE = FIRST.date().isoformat()
MOST_COPIES = 255
N_DAYS = 10
FIRST_SOUND = 200_000
WAIT_S = 60.0
WARM_S = 15.0
SAYS = ("upheld", "upheld", "overturned", "unsure")
STALE = 409
ALL_SHARE = 0.25
"""How often somebody looks at the whole queue before that of a day."""


@dataclass
class Seen:
    """What the reviewers saw: seconds by kind of answer, of what was asked after `since`; late acts; faults."""

    since: float = 0.0
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stale: int = 0
    faults: Counter[str] = field(default_factory=Counter)


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────────────
def fill(store: Store, folder: Path, n_calls: int, n_heard: int) -> None:
    """Generated calls, and real ones with their sound."""
    generated.fill(store, n_calls)
    bad = sorted(SAMPLES.glob("*-bad.audit.json"))
    documents = [audit_from(json.loads(path.read_text())) for path in bad]
    for number in range(min(n_heard, MOST_COPIES * len(bad))):
        which, copy = number % len(bad), number // len(bad)
        flac = _with_padding(bad[which].with_name(bad[which].name.replace(".audit.json", ".flac")).read_bytes(), copy)
        path = folder / f"{number}.flac"
        path.write_bytes(flac)
        store.save(entries_of(_copy(documents[which], path, flac, number), hearing="h", judging="j2"), now=FIRST)


def _copy(audit: Audit, path: Path, flac: bytes, number: int) -> Audit:
    metadata = replace(audit.call.metadata, started_at=FIRST + timedelta(number % N_DAYS, minutes=number))
    recording = replace(audit.call.recording, id=hashlib.sha256(flac).hexdigest(), path=str(path), metadata=metadata)
    return replace(audit, call=replace(audit.call, recording=recording))


def sign_in(store: Store, n: int) -> list[str]:
    """The secrets of so many reviewers who are signed in."""
    now, found = datetime.now(UTC), []
    for number in range(n):
        with store.session() as session:
            name = f"load{number:03}"
            try:
                user = accounts.named(session, name)
            except NotThere:
                accounts.make(session, "load", name, "reviewer", now=now, shown_name=f"Reviewer {number}")
                user = accounts.named(session, name)
            found.append(sign_ins.begin(session, user.id, now=now, days=1))
    return found


# ── the reviewers ────────────────────────────────────────────────────────────────────────────────────────────────
class Reviewer:
    """One who works at the desk until the time is over."""

    def __init__(self, address: str, secret: str, seen: Seen, number: int, think: tuple[float, float]) -> None:
        self._seen, self._chance, self._think = seen, random.Random(number), think
        self._http = httpx.AsyncClient(
            base_url=address, cookies={COOKIE: secret}, timeout=WAIT_S, trust_env=False,
            headers={"X-CSRF-Token": csrf_of(secret), "Origin": address, "Accept": "text/html"},
        )  # fmt: skip

    async def work(self, until: float, slow_start_s: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, slow_start_s))
        async with self._http:
            while time.perf_counter() < until:
                await self._one_call()

    async def _one_call(self) -> None:
        if self._chance.random() < ALL_SHARE:
            await self._ask("queue of all", "GET", "/")
            await self._thinks()
        day = (FIRST + timedelta(self._chance.randrange(N_DAYS))).date().isoformat()
        listed = await self._ask("queue of a day", "GET", f"/?since={day}&until={day}")
        calls = re.findall(r'href="(/calls/\d+\?[^"]*|/calls/\d+)"', listed.text) if listed else []
        if not calls:
            self._seen.faults["no call in the queue of a day"] += listed is not None
            await self._thinks()
            return
        await self._thinks()
        address = html.unescape(self._chance.choice(calls))
        shown = await self._ask("call", "GET", address)
        if shown is None:
            return
        path = address.partition("?")[0]
        await asyncio.gather(
            self._ask("drawing", "GET", f"{path}/drawing", headers={"HX-Request": "true"}),
            self._ask("sound, 200 kB", "GET", f"{path}/sound", headers={"Range": f"bytes=0-{FIRST_SOUND - 1}"}),
        )
        await self._thinks()
        await self._judges(path, shown.text)
        await self._thinks()

    async def _judges(self, path: str, text: str) -> None:
        rules = re.findall(r'name="rule" value="([^"]+)"', text)
        version = re.search(r'id="seen" name="seen" value="(\d+)"', text)
        if not rules or version is None:
            self._seen.faults["nothing to judge on a page"] += 1
            return
        given = {"rule": self._chance.choice(rules), "says": self._chance.choice(SAYS), "version": version[1]}
        await self._ask("judge", "POST", f"{path}/judge", data=given, headers={"HX-Request": "true"})

    async def _ask(self, kind: str, method: str, path: str, **given: Any) -> httpx.Response | None:
        begun = time.perf_counter()
        try:
            answer = await self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            self._seen.faults[f"{kind}: {type(error).__name__}"] += 1
            return None
        if begun >= self._seen.since:
            self._seen.took[kind].append(time.perf_counter() - begun)
        if answer.status_code == STALE:
            self._seen.stale += 1
        elif not answer.is_success:
            self._seen.faults[f"{kind}: {answer.status_code}"] += 1
            return None
        return answer

    async def _thinks(self) -> None:
        await asyncio.sleep(self._chance.uniform(*self._think))


async def load(address: str, secrets: Sequence[str], seconds: float, think: tuple[float, float]) -> Seen:
    """All reviewers at once; what is asked for in the first `WARM_S` is not counted, but for faults."""
    seen = Seen(since=time.perf_counter() + WARM_S)
    until = seen.since + seconds
    many = [Reviewer(address, secret, seen, number, think) for number, secret in enumerate(secrets)]
    await asyncio.gather(*(one.work(until, 2 * think[1]) for one in many))
    return seen


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────
def serve(store: Path | str, folder: Path, workers: int) -> tuple[subprocess.Popen[str], str]:
    """`callaudit review` on a free port, and where it is."""
    settings = folder / "load.toml"
    settings.write_text(f'[review]\nsound_cache = "{folder / "sound"}"\n')
    command = "import sys; from callaudit.cli import main; sys.exit(main())"
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-c", command, "review", "--store", str(store), "--config", str(settings),
                "--port", "0", "--workers", str(workers),
            ],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert server.stdout is not None
    said = server.stdout.readline()
    found = re.search(r"http://\S+[^/\s]", said)
    if found is None:
        raise SystemExit(f"the server did not start: {(folder / 'server.log').read_text()[-2000:]}")
    return server, found[0]


def memory_mb(server: psutil.Process) -> float:
    """What its processes hold, what they share counted for each."""
    return sum(one.memory_info().rss for one in (server, *server.children(recursive=True))) / 1e6


def cpu_s(server: psutil.Process) -> float:
    """Seconds of a processor that they have had."""
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def tell(seen: Seen, seconds: float) -> None:
    """The table."""
    print(f"{'kind':20} {'n':>6} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    for kind, took in sorted(seen.took.items()):
        ms = [1000 * one for one in took]
        worst = statistics.quantiles(ms, n=20)[18] if len(ms) > 1 else ms[0]
        print(f"{kind:20} {len(ms):6} {statistics.median(ms):8.1f} {worst:8.1f} {max(ms):8.1f}")
    n = sum(map(len, seen.took.values()))
    print(f"{n} answers, {n / seconds:.1f} a second; {seen.stale} acts met a call that somebody else had changed (409)")
    print("errors:", dict(seen.faults) or "none")


def main() -> None:
    """Fills, serves, loads, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="holds store, sound and the server's log")
    parser.add_argument("--store", help="postgresql://… instead of a file in the folder")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--heard", type=int, default=300, help="calls with document and sound")
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--workers", type=int, default=2, help="processes that serve")
    parser.add_argument("--think", type=float, nargs=2, default=(1.0, 3.0), metavar="S")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    url = given.store or given.folder / "calls.db"
    with open_store(url) as store:
        with store.session(write=False) as session:
            known = session.scalar(select(CallRow.id).limit(1))
        if known is None:
            fill(store, given.folder, given.calls, given.heard)
        secrets = sign_in(store, given.reviewers)
    server, address = serve(url, given.folder, given.workers)
    try:
        began_s = cpu_s(watched := psutil.Process(server.pid))
        seen = asyncio.run(load(address, secrets, given.seconds, tuple(given.think)))
        tell(seen, given.seconds)
        n = sum(map(len, seen.took.values())) * (WARM_S + given.seconds) / given.seconds
        print(f"server: {1000 * (cpu_s(watched) - began_s) / n:.0f} ms of a processor an answer")
        print(f"server: {memory_mb(watched):.0f} MB")
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
