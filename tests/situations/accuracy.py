"""How well each situation is recognised on the sentences of `said/`: precision and recall, as said and misheard."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from callaudit.rules import Rulebook
from callaudit.rules.aids import NO_AIDS, Aids
from callaudit.rules.cues import Cues
from callaudit.rules.facts import Facts
from callaudit.testing.scripts import call_from_script
from tests.mishearing import misheard_text

FOLDER = Path(__file__).parent / "said"
SEED = 7

Half = Literal["development", "held out"]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence or a short exchange, and whether the situation is in it."""

    turns: tuple[dict[str, str], ...]
    there: bool

    def __str__(self) -> str:
        return " / ".join(text for turn in self.turns for text in turn.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of recognised, wrongly recognised and missed."""

    right: int
    wrong: tuple[Said, ...]
    missed: tuple[Said, ...]

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))


def situations() -> tuple[str, ...]:
    """Those that have sentences of their own."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))


def sentences(situation: str, half: Half) -> Iterator[Said]:
    """The even entries were used to write the phrases, the odd ones were not."""
    data = yaml.safe_load((FOLDER / f"{situation}.yaml").read_text(encoding="utf-8"))
    first = 0 if half == "development" else 1
    for key, there in (("there", True), ("absent", False)):
        for given in data[key][first::2]:
            yield Said(tuple(_turns(given)), there)


def _turns(given: Any) -> list[dict[str, str]]:
    if isinstance(given, str):
        return [{"customer": given}]
    return [given] if isinstance(given, dict) else list(given)


def misheard(said: Said, rng: random.Random) -> Said:
    """The same with one character in eight written as another of the same sound."""
    return Said(tuple({who: misheard_text(text, rng) for who, text in turn.items()} for turn in said.turns), said.there)


def figures(book: Rulebook, situation: str, half: Half, *, noisy: bool = False, aids: Aids = NO_AIDS) -> Figures:
    """Listens for the situation in every sentence of its own."""
    rng = random.Random(f"{SEED} {situation}")
    right, wrong, missed = 0, [], []
    for said in sentences(situation, half):
        heard = misheard(said, rng) if noisy else said
        there = recognised(book, situation, heard, aids)
        right += there and said.there
        if there and not said.there:
            wrong.append(heard)
        if said.there and not there:
            missed.append(heard)
    return Figures(right, tuple(wrong), tuple(missed))


def recognised(book: Rulebook, situation: str, said: Said, aids: Aids = NO_AIDS) -> bool:
    """Whether the recogniser finds the situation in a call of these turns alone."""
    facts = Facts(call_from_script(list(said.turns)), book.settings, book.situations, aids)
    return bool(facts.moments(Cues(names=(situation,))))
