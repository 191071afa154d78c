"""How good the meanings of the Chinese rulebook are, on sentences that none of them was taught."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import minimize

from callaudit.meaning import Meaning, clauses, comparable, fitted
from callaudit.meaning.encoder import SentenceEncoder
from callaudit.meaning.recogniser import left_out
from callaudit.records import Word
from callaudit.rules.named_meanings import meanings_of
from callaudit.rules.sources import locate, read_raw, refuse
from callaudit.spans import Span
from callaudit.text.pinyin import syllables

ENCODER = SentenceEncoder()

CUSTOMER = frozenset(
    {"complaint", "customer_thanks", "urgent", "cannot_hear", "wrong_number", "not_convenient", "suggestion", "praise"}
)
"""What customers mean; all else agents do. Nobody is taken for the other party's meanings."""

KIN = (
    {"hold_return", "thanks", "apology", "hold_request", "never_mind", "welcome"},
    {"reassure", "look_into", "hold_request", "callback", "escalate", "transfer", "empathy"},
    {"blaming", "helpless", "shirking", "impatient", "rebuke", "rush_end", "provocation", "no_time", "dont_know"},
    {"anything_else", "offer_help", "check_understood", "rush_end"},
    {"ask_convenience", "hold_request", "check_understood"},
    {"provocation", "escalate"},
    {"no_time", "ask_convenience"},
    {"helpless", "look_into", "alternative"},
    {"rebuke", "check_understood"},
    {"complaint", "urgent", "not_convenient"},
    {"customer_thanks", "praise"},
)
"""Meanings whose examples may have the other meaning as well: they count for nothing in each other's figures."""

STRANGERS = 10
"""Sentences of other meanings weigh so many times as much as the examples when the logistic is fitted: in a call most
clauses have none of the meanings asked for."""

FORBIDDEN = KIN[2]


@cache
def meanings() -> dict[str, Meaning]:
    return meanings_of(read_raw(locate("etiquette-zh")).shared["meanings"], refuse)


@cache
def held_out() -> dict[str, dict[str, list[str]]]:
    """name → {"yes": sentences that have the meaning, "no": sentences that look alike}."""
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(
        (Path(__file__).parent / "heldout.yaml").read_text(encoding="utf-8")
    )
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """A sentence held out: whether it `has` the meaning, and the probability found."""

    name: str
    text: str
    has: bool
    prob: float


@cache
def figures(*, noisy: bool) -> tuple[Figure, ...]:
    """Every sentence held out, as it is or with one character in eight replaced by another of its sound."""
    from callaudit.meaning import probability

    rng = random.Random(7)
    found = []
    for name, sides in held_out().items():
        for side, texts in sides.items():
            for text in texts:
                said = clauses(_words(_misheard(text, rng) if noisy else text))
                sentences = comparable(ENCODER, [clause.text for clause in said])
                probs = probability(fitted(ENCODER, meanings()[name]).margins(sentences))
                found.append(Figure(name, text, side == "yes", float(probs.max(initial=0.0))))
    return tuple(found)


def area(found: tuple[Figure, ...], name: str) -> float:
    """Area under the curve: how often a sentence with the meaning is more probable than one without."""
    yes = np.array([one.prob for one in found if one.name == name and one.has])
    no = np.array([one.prob for one in found if one.name == name and not one.has])
    return float((yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean())


def calibrated() -> tuple[float, float]:
    """Offset and slope of the logistic from margin to probability, on examples left out in turn and on strangers."""
    margins: list[float] = []
    truth: list[float] = []
    weights: list[float] = []
    strange: list[float] = []
    for name, meaning in meanings().items():
        own = left_out(ENCODER, meaning)
        n_like, n_own = len(meaning.like), len(meaning.like) + len(meaning.unlike)
        margins += own[:n_own].tolist()
        truth += [1.0] * n_like + [0.0] * (n_own - n_like)
        strange += own[n_own:].tolist()
        for other, their in meanings().items():
            if not _kin(name, other):
                examples = fitted(ENCODER, replace(their)).examples
                strange += fitted(ENCODER, meaning).margins(examples).tolist()
    weights = [1.0] * len(margins) + [STRANGERS * sum(truth) / len(strange)] * len(strange)
    return _logistic(np.array(margins + strange), np.array(truth + [0.0] * len(strange)), np.array(weights))


def _kin(one: str, other: str) -> bool:
    return (
        one == other
        or (one in CUSTOMER) != (other in CUSTOMER)
        or any(one in group and other in group for group in KIN)
    )


def _logistic(
    margins: NDArray[np.float64], truth: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    def loss(line: NDArray[np.float64]) -> float:
        odds = line[0] + line[1] * margins
        return float((weights * (np.logaddexp(0.0, odds) - truth * odds)).sum())

    offset, slope = minimize(loss, np.array([0.0, 1.0])).x
    return float(offset), float(slope)


def _words(text: str) -> list[Word]:
    """One word a character, its punctuation with it, as a recogniser gives them."""
    found: list[Word] = []
    for char in text:
        if char in "，。？！、；" and found:
            found[-1] = replace(found[-1], text=found[-1].text + char)
        else:
            found.append(Word(char, Span(len(found), len(found) + 1.0), 0.9))
    return found


@cache
def _homophones() -> dict[str, list[str]]:
    """Common characters by their syllable."""
    common = "".join(text for meaning in meanings().values() for text in (*meaning.like, *meaning.unlike))
    by_sound: dict[str, list[str]] = {}
    for char in sorted(
        set(common)
        | set(
            "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
        )
    ):
        (sound,) = syllables(char) or ("",)
        by_sound.setdefault(sound, []).append(char)
    return by_sound


def _misheard(text: str, rng: random.Random) -> str:
    return "".join(
        rng.choice(_homophones().get((*syllables(char), "")[0], [char])) if rng.random() < 1 / 8 else char
        for char in text
    )


if __name__ == "__main__":
    print("offset {:.2f} slope {:.2f}".format(*calibrated()))
    for noisy in (False, True):
        found = figures(noisy=noisy)
        print("misheard" if noisy else "as written", f"area {np.mean([area(found, name) for name in held_out()]):.3f}")
        for least in (0.5, 0.8, 0.9, 0.95):
            said = [one for one in found if one.prob >= least]
            right = sum(one.has for one in said)
            print(f"  from {least}: {right} of {len(said)} right, {right / sum(one.has for one in found):.0%} found")
