"""Prints the table of README.md: `python tests/situations/table.py [--book B] [--misses] [situation …]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from callaudit.rules import load_rulebook

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.situations.accuracy import figures, situations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--book", default="etiquette-zh")
    parser.add_argument("--misses", action="store_true", help="show what is missed or wrongly taken")
    parser.add_argument("--development", action="store_true", help="the other half of the sentences")
    parser.add_argument("situations", nargs="*", default=())
    given = parser.parse_args()
    book = load_rulebook(given.book)
    half = "development" if given.development else "held out"
    print("| situation | precision | recall | precision, misheard | recall, misheard |\n|---|---|---|---|---|")
    sums = {True: [0, 0, 0], False: [0, 0, 0]}
    for name in given.situations or situations():
        if name not in book.situations:
            print(f"| {name} | – |")
            continue
        cells = []
        for noisy in (False, True):
            found = figures(book, name, half, noisy=noisy)  # type: ignore[arg-type]
            cells += [f"{found.precision:.2f}", f"{found.recall:.2f}"]
            counted = (found.right, len(found.wrong), len(found.missed))
            sums[noisy] = [a + b for a, b in zip(sums[noisy], counted, strict=True)]
            if given.misses:
                for kind, listed in (("missed", found.missed), ("wrong", found.wrong)):
                    for said in listed:
                        print(f"    {'misheard' if noisy else 'clean'} {kind}: {said}")
        print(f"| {name} | {' | '.join(cells)} |")
    cells = []
    for noisy in (False, True):
        right, wrong, missed = sums[noisy]
        cells += [f"{right / max(1, right + wrong):.2f}", f"{right / max(1, right + missed):.2f}"]
    print(f"| all | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
