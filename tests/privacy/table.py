"""Prints the table of README.md: `python tests/privacy/table.py [--development] [--misses]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from callaudit.privacy import KINDS

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.privacy.personal_data import Half, tallies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--development", action="store_true", help="the half that the detection was written with")
    parser.add_argument("--misses", action="store_true", help="show what is missed or masked without need")
    given = parser.parse_args()
    half: Half = "development" if given.development else "held out"
    plain, judged = tallies(half)
    noisy, misheard = tallies(half, noisy=True)
    print("| kind | pieces | precision | recall | precision, misheard | recall, misheard |\n|---|---|---|---|---|---|")
    for kind in (*KINDS, "all"):
        own, other = plain[kind], noisy[kind]
        figures = (own.precision, own.recall, other.precision, other.recall)
        print(f"| {kind} | {own.there} | {' | '.join(f'{figure:.2f}' for figure in figures)} |")
    for name, rows in (("plain", judged), ("misheard", misheard)) if given.misses else ():
        for one in rows:
            for piece in one.missed:
                print(
                    f"{name} missed {piece.kind}: {one.case.turns[piece.turn][1][piece.start : piece.end]} — {one.case}"
                )
            for kind, text in one.wrong:
                print(f"{name} wrongly {kind}: {text} — {one.case}")


if __name__ == "__main__":
    main()
