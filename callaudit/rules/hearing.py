"""Listening for phrases in turns, and doubting what was not heard.

A false accusation costs more than a missed one. So a phrase that is missing is only held against the agent where the
transcript can be trusted, and one that is forbidden only where it was heard clearly, from a voice surely the agent's.
What else may have been said where the recogniser listened again is weighed in `callaudit.rules.second_hearing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from callaudit.messages import Message, message
from callaudit.records import Place, Turn
from callaudit.rules.cues import Anchor
from callaudit.spans import Span
from callaudit.text.phrases import Hit
from callaudit.text.readable import readable

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts

SAY_LEAST = 0.7
"""Score from which a required phrase counts as said: that of `callaudit.text.phrases.DEFAULT`."""

NEVER_LEAST = 0.8
"""Score from which a forbidden phrase counts as said: strict, since it accuses."""

NEAR = 0.15
"""A required phrase that falls short by no more than this was perhaps said: no violation."""

FLOOR = 0.55
"""Nothing below this score is looked at at all."""

LEAST_PROB = 0.45
"""Mean word probability below which nothing can be held to be missing (proposed)."""

LEAST_CHARS_PER_S = 1.2
"""Characters per second of voice below which words are missing; slow dictation runs at 2 and more (proposed)."""

LEAST_DOUBTED = 0.25
"""Share of the speech searched from which doubtful turns leave nothing certain (proposed)."""

LEAST_ROLE = 0.6
"""Confidence of the roles below which nobody is accused (proposed)."""

LEAST_OWN = 0.7
"""Confidence that words are the agent's below which they accuse nobody. Of turns of mono mixes said to be 0.7 to 0.8
sure 86 % were right (fitted on the same recordings); of pieces above 0.9, on recordings held out, 98.7 %
(`callaudit.speakers.by_voice`)."""

HOW = {"exact": "matched.exact", "sound": "matched.sound", "pattern": "matched.pattern"}

SURE_SPLIT, TELLING_CHARS = 0.75, 4
"""On a mono mix a missing phrase that the customer seems to say is doubtful; short ones (你好, 谢谢) both say, so these
are doubtful only where the split is less sure than this (proposed)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A phrase heard in a turn."""

    turn: int
    hit: Hit

    @property
    def score(self) -> float:
        return self.hit.score

    @property
    def span(self) -> Span:
        return self.hit.span


@dataclass(frozen=True, slots=True)
class Search:
    """Outcome of listening for phrases: `hits` reach the score asked for, `near` is the best that falls just short."""

    hits: tuple[Heard, ...]
    near: Heard | None = None

    @property
    def best(self) -> Heard | None:
        return max(self.hits, key=lambda heard: heard.score, default=None)


def search(
    facts: Facts,
    turns: Sequence[int],
    phrases: Sequence[str],
    *,
    least: float,
    anchor: Anchor = "any",
    near: bool = True,
) -> Search:
    """Every place of the turns where one of the phrases is heard, in order of time; the best where hits overlap.

    What falls just short is only looked for where nothing is heard, and not at all with `near` False.
    """
    hits = _heard(facts, turns, phrases, anchor, least)
    if hits or not near:
        return Search(_best_of_overlapping(hits))
    short = _heard(facts, turns, phrases, anchor, max(FLOOR, least - NEAR))
    return Search((), max(short, key=lambda heard: heard.score, default=None))


def _heard(facts: Facts, turns: Sequence[int], phrases: Iterable[str], anchor: Anchor, floor: float) -> list[Heard]:
    found: list[Heard] = []
    for phrase, rows in facts.ears.audible(tuple(phrases), floor, again=facts.again):
        for k in turns:
            if facts.rows[k] in rows:
                found += [Heard(k, hit) for hit in facts.hits(k, phrase, anchor, floor)]
    return found


def _best_of_overlapping(hits: Iterable[Heard]) -> tuple[Heard, ...]:
    kept: list[Heard] = []
    for heard in sorted(hits, key=lambda h: (-h.score, h.hit.first - h.hit.last, h.turn, h.hit.first)):
        if not any(heard.turn == other.turn and touching(heard.hit, other.hit) for other in kept):
            kept.append(heard)
    return tuple(sorted(kept, key=lambda heard: (heard.turn, heard.hit.first)))


def touching(one: Hit, other: Hit) -> bool:
    """Whether both hits use a word of the other."""
    return one.first <= other.last and other.first <= one.last


def without_exempt(
    facts: Facts, hits: Iterable[Heard], exempt: Sequence[str], *, least: float = SAY_LEAST
) -> tuple[Heard, ...]:
    """The hits that do not lie in an exempt phrase heard in the same turn."""
    kept = []
    for heard in hits:
        allowed = [hit for phrase in exempt for hit in facts.hits(heard.turn, phrase, "any", least)]
        if not any(_covers(hit, heard.hit) for hit in allowed):
            kept.append(heard)
    return tuple(kept)


def _covers(exempt: Hit, hit: Hit) -> bool:
    """Whether an exempt phrase accounts for a hit: it reaches beyond it, or fits the same words at least as well."""
    beyond = exempt.first < hit.first or exempt.last > hit.last
    return touching(exempt, hit) and (beyond or exempt.score >= hit.score)


def across(facts: Facts, turns: Sequence[int], phrases: Iterable[str], *, least: float) -> Hit | None:
    """The phrase heard across a turn border: a short reply of the other party cut one sentence into two turns."""
    for left, right in facts.neighbours(turns):
        for phrase in phrases:
            for hit in facts.hits_across(left, right, phrase):
                if hit.score >= least:
                    return hit
    return None


# ── doubt ────────────────────────────────────────────────────────────────────────────────────────────────────────
def doubt_of_words(facts: Facts, turns: Sequence[int]) -> Message | None:
    """Why words said in these turns may be missing from the transcript; None where it can be trusted."""
    if not facts.understood:
        return message("doubt.language")
    lasting_s = {k: facts.turns[k].span.duration_s for k in turns}
    doubts = {k: why for k in turns if (why := facts.doubt(k))}
    if not doubts or sum(lasting_s[k] for k in doubts) < LEAST_DOUBTED * sum(lasting_s.values()):
        return None
    return doubts[max(doubts, key=lambda k: lasting_s[k])]


def doubt_of_turn(facts: Facts, turn: int) -> Message | None:
    """Why the words of one turn may be incomplete; None where they can be trusted, or are too few to tell."""
    lasts_s, words = facts.turns[turn].span.duration_s, facts.turns[turn].words
    if lasts_s >= 0.8 and not words:
        return message("doubt.no_words")
    if lasts_s >= 2.0 and facts.n_chars(turn) / lasts_s < LEAST_CHARS_PER_S:
        return message("doubt.few_words")
    unsure = words and fmean(word.prob for word in words) < LEAST_PROB
    return message("doubt.words") if unsure else None


def doubt_of_roles(facts: Facts) -> Message | None:
    """Why it is not sure who said what; None where it is."""
    if facts.role_confidence >= LEAST_ROLE:
        return None
    if facts.call.recording.layout != "stereo":
        return message("doubt.mono_roles")
    return message("doubt.roles")


def missing_why(
    facts: Facts, turns: Sequence[int], phrases: Sequence[str], *, least: float, hidden: bool = True
) -> Message | None:
    """Why a phrase that was not found in the agent's turns cannot be held to be missing.

    `hidden`: whether words that the recogniser was unsure of may be the phrase.
    """
    if why := doubt_of_roles(facts) or doubt_of_words(facts, turns):
        return why
    if facts.call.recording.layout != "stereo":
        telling = (
            phrases
            if facts.role_confidence < SURE_SPLIT
            else [p for p in phrases if facts.ears.n_spoken(p) >= TELLING_CHARS]
        )
        if search(facts, facts.turns_beside(turns), telling, least=least).hits:
            return message("doubt.mono_words")
    if hidden and _perhaps_hidden(facts, turns, phrases):
        return message("doubt.hidden")
    return message("doubt.homophones") if homophones(facts, turns, phrases) else None


def homophones(facts: Facts, turns: Sequence[int], phrases: Sequence[str]) -> bool:
    """Whether a short phrase is heard in other words of its sound: 在见 for 再见.

    Matching takes no homophone for so short a phrase, and still nothing can be held to be missing.
    """
    return any(facts.ears.alike(facts.rows[turn], phrase) for turn in turns for phrase in phrases)


def _perhaps_hidden(facts: Facts, turns: Sequence[int], phrases: Sequence[str]) -> bool:
    """Whether a phrase fits where the recogniser was unsure: every syllable is heard or unsure, half of them heard."""
    return any(facts.ears.hidden(facts.rows[turn], phrase) for turn in turns for phrase in phrases)


def sure(facts: Facts, *heard: Heard) -> float:
    """Confidence in [0, 1] that the phrases were said, by those taken for the speakers."""
    said = min([h.hit.confidence for h in heard], default=0.9)
    own = min([own_words(facts, h) for h in heard], default=1.0)
    return round(said * min(facts.role_confidence, own), 3)


def own_words(facts: Facts, heard: Heard) -> float:
    """Confidence in [0, 1] that the words heard are their speaker's.

    No more than that of the turn, nor of the least sure stretch that they lie in: where the voices of a mono mix run
    into each other or speak at once, a stretch may be unsure inside a sure turn.
    """
    turn = facts.turns[heard.turn]
    stretches = (
        piece.confidence
        for piece in facts.call.timeline.spans
        if piece.kind == "speech" and piece.speaker == turn.speaker and piece.span.overlap_s(heard.span) > 0
    )
    return min(turn.speaker_confidence, *stretches, 1.0)


def word_confidence(turn: Turn, hit: Hit) -> float:
    """Mean recogniser probability of the words under the hit."""
    words = [word.prob for word in turn.words if word.span.overlap_s(hit.span) > 0]
    return fmean(words) if words else turn.confidence


def place(facts: Facts, heard: Heard) -> Place:
    """Where the phrase is heard."""
    return Place(heard.span, facts.turns[heard.turn].speaker)


def evidence(facts: Facts, hits: Sequence[Heard]) -> dict[str, object]:
    """Places, quote, manner and layer of the match, for an Outcome."""
    if not hits:
        return {}
    best = max(hits, key=lambda heard: heard.score)
    return {
        "places": tuple(place(facts, heard) for heard in hits),
        "quote": facts.turns[best.turn].text,
        "matched": message(HOW[best.hit.how], heard=best.hit.heard, phrase=readable(best.hit.phrase), score=best.score),
        "layer": best.hit.how,
    }
