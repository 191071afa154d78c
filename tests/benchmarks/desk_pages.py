"""What each page of the review desk costs a browser: ``python tests/benchmarks/desk_pages.py [PAGE ...]``.

Bytes on the wire, requests, elements, first and largest paint, time the script kept the page busy, layout shift; in
Chromium with the conditions of Lighthouse's desktop preset (40 ms, 10 Mbit/s), with an empty cache and once more with a
full one. Lighthouse itself is not needed. Good by its measure: largest paint below 1.2 s, busy below 150 ms, shift
below 0.1.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.web.browser import missing
from tests.web.lived import lived_in
from tests.web.shown import SHOWN

NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
OBSERVE = """
window.seen = {lcp: 0, cls: 0, busy: 0};
new PerformanceObserver((l) => { for (const e of l.getEntries()) seen.lcp = e.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) seen.cls += e.value; })
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver((l) => { for (const e of l.getEntries()) seen.busy += Math.max(0, e.duration - 50); })
  .observe({type: "longtask", buffered: true});
"""
READ = """() => ({...seen, n_elements: document.querySelectorAll("*").length,
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  ttfb: performance.getEntriesByType("navigation")[0].responseStart})"""
SETTLE_MS = 400


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one visit; times in milliseconds."""

    n_bytes: int
    n_requests: int
    n_elements: int
    ttfb: float
    fcp: float
    lcp: float
    busy: float
    cls: float


def cost(page: Any, address: str) -> Cost:
    """Opens the address, waits until the page is at rest, and reads what it cost."""
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", NETWORK)
    sent: list[float] = []
    client.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MS)
    read = page.evaluate(READ)
    client.detach()
    moved = [size for size in sent if size > 0]
    return Cost(
        int(sum(moved)),
        len(moved),
        read["n_elements"],
        read["ttfb"],
        read["fcp"],
        read["lcp"],
        read["busy"],
        read["cls"],
    )


def main(names: set[str]) -> None:
    """Prints a line for each page."""
    print(f"{'page':16}{'kB':>8}{'again':>8}{'asked':>7}{'again':>7}{'elements':>10}", end="")
    print(f"{'ttfb':>7}{'fcp':>7}{'lcp':>7}{'again':>7}{'busy':>7}{'shift':>8}")
    with lived_in() as (visits, filled):
        for shown in SHOWN:
            if names and shown.name not in names:
                continue
            page = visits(shown.user).page
            page.add_init_script(OBSERVE)
            at = visits.address + shown.path.format(**filled)
            first, again = cost(page, at), cost(page, at)
            print(
                f"{shown.name:16}{first.n_bytes / 1000:8.1f}{again.n_bytes / 1000:8.1f}{first.n_requests:7}"
                f"{again.n_requests:7}{first.n_elements:10}{first.ttfb:7.0f}{first.fcp:7.0f}{first.lcp:7.0f}"
                f"{again.lcp:7.0f}{first.busy:7.0f}{first.cls:8.3f}"
            )
            visits.close()


if __name__ == "__main__":
    if (why := missing()) is not None:
        sys.exit(why)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    main(set(sys.argv[1:]))
