"""How long judging takes: loading the rulebook, the first call, and calls after it, in CPU milliseconds.

    python tests/benchmarks/judging.py [--calls DIR] [--rulebook NAME_OR_PATH] [--turns N]

Judges calls stored with pickle (`*.pkl` of `callaudit.records.Call`) where DIR is given, else the examples of the
rulebook's own rules. `--turns` also judges one call made as long as that by repeating itself, and says what it took a
turn and how much memory.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import statistics
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

from callaudit.records import Call, Turn
from callaudit.rules import judge, load_rulebook
from callaudit.rules.rule import Rulebook
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script

EXAMPLES = 60


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=Path)
    parser.add_argument("--rulebook", default="etiquette-zh")
    parser.add_argument("--turns", type=int)
    given = parser.parse_args()
    start = time.process_time()
    book = load_rulebook(given.rulebook)
    print(f"loading {_ms(start):.0f} ms, {len(book.rules)} rules")
    calls = _stored(given.calls) if given.calls else _examples(book)
    print(f"first call {_timed(calls[0], book):.0f} ms")
    for call in calls:  # phrases are made ready when first asked for
        judge(call, book)
    taken = [_timed(call, book) for call in calls]
    print(
        f"{len(calls)} calls after it: mean {statistics.mean(taken):.0f} ms, median {statistics.median(taken):.0f} ms, "
        f"most {max(taken):.0f} ms"
    )
    if given.turns:
        longest = max(calls, key=lambda call: len(call.turns))
        took = _timed(_tiled(longest, given.turns), book)
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.turns} turns: {took:.0f} ms, {took / given.turns:.2f} ms a turn; {mib:.0f} MiB at most")


def _stored(folder: Path) -> list[Call]:
    return [pickle.loads(path.read_bytes()) for path in sorted(folder.glob("*.pkl"))]  # our own files


def _examples(book: Rulebook) -> list[Call]:
    said = ((rule, script) for rule in book.rules for script in (*rule.passes, *rule.fails))
    return [
        call_from_script(script, direction="inbound" if rule.applies_to == "both" else rule.applies_to)
        for rule, script in islice(said, 0, None, max(1, 2 * len(book.rules) // EXAMPLES))
    ]


def _tiled(call: Call, n_turns: int) -> Call:
    """The call said again and again until it has so many turns."""
    lasts_s = max(turn.span.end_s for turn in call.turns) + 1.0
    turns = [_later(turn, lasts_s * k) for k in range(-(-n_turns // len(call.turns))) for turn in call.turns]
    return replace(call, turns=tuple(turns[:n_turns]))


def _later(turn: Turn, by_s: float) -> Turn:
    def later(span: Span) -> Span:
        return Span(span.start_s + by_s, span.end_s + by_s)

    words = tuple(replace(word, span=later(word.span)) for word in turn.words)
    readings = tuple(
        replace(one, span=later(one.span), words=tuple(replace(word, span=later(word.span)) for word in one.words))
        for one in turn.readings
    )
    return replace(turn, span=later(turn.span), words=words, readings=readings)


def _timed(call: Call, book: Rulebook) -> float:
    start = time.process_time()
    judge(call, book)
    return _ms(start)


def _ms(start_s: float) -> float:
    return 1000 * (time.process_time() - start_s)


if __name__ == "__main__":
    main()
