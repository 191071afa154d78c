"""What stands beside a place where a phrase seems to be heard, and can turn its meaning round.

不 before 知道 denies it, 有 before 没有 asks, 吗 behind a short statement asks: such places are no hits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from callaudit.text.listen import FILLERS, NEGATIONS, Sounded
from callaudit.text.variants import Phrase, Variant

DEFAULT = 0.7
"""Least score of a hit, and the score at the cost that a phrase of its length is allowed."""

_DENIED = re.compile(
    r"[不没别未无非勿莫甭](?:有|太|很|大|会|能够?|要|可以|可能|用|必|是|敢|想|再|够|怎么|需要|应该|曾|得|一定|可以说|能说)?$"
)
_REQUESTED = ("能不能", "可不可以", "能不能够")
"""What asks for something (能不能把单子发我) denies nothing."""

_TAG = re.compile("[的了啊]?[吗嘛]")


@dataclass(frozen=True, slots=True)
class Place:
    """Syllables [first, end) taken for a variant at a cost."""

    first: int
    end: int
    cost: float
    variant: Variant

    @property
    def score(self) -> float:
        return max(0.0, 1 - (1 - DEFAULT) * self.cost / self.variant.allowed)


def stands(phrase: Phrase, place: Place, sounded: Sounded) -> bool:
    """Whether the place is not denied, asked or otherwise turned round by what stands beside it."""
    before, after = _clause_before(place.first, sounded), _clause_after(place.end, sounded)
    said = sounded.chars[place.first : place.end]
    if _DENIED.search(before) and not before.endswith(("对不", "了不", *_REQUESTED)):
        return False
    if place.end < len(sounded) and sounded.negation[place.end] and sounded.ids[place.end - 1] != place.variant.ids[-1]:
        return False  # broken off where a denial begins
    opens = isinstance(place.variant.steps[0], int)
    if opens and _other_person(place, sounded):
        return False  # 我们应该 for 你们应该
    if opens and place.variant.chars[0] in "不没" and len(said) > 1 and before[-1:] == said[1]:
        return False  # 在不在, 有没有
    short = len(place.variant.chars) <= 4
    if short and after[:1] in ("不", "没") and after[1:2] and after[1] == said[:1]:
        return False  # 可以不可以
    if len(place.variant.chars) <= 6 and not place.variant.asks and _TAG.match(after):
        return False  # 不知道吗
    return not phrase.polite or _politeness(place, sounded)


def _other_person(place: Place, sounded: Sounded) -> bool:
    """Whether the pronoun that begins the phrase was left out, and another stands in its place."""
    person = int(place.variant.person[0])
    if person == 0 or place.first == 0 or sounded.person[place.first] != 0:
        return False
    return int(sounded.person[place.first - 1]) not in (0, person)


def _clause_before(first: int, sounded: Sounded) -> str:
    """Up to five characters before, fillers left out, no further than a pause; none where the phrase follows one."""
    begin = first
    while begin > 0 and first - begin < 5 and not sounded.parted[begin]:
        begin -= 1
    return "".join(
        char if sounded.negation[i] or char not in NEGATIONS else " "
        for i, char in enumerate(sounded.chars[begin:first], begin)
        if char not in FILLERS
    )


def _clause_after(end: int, sounded: Sounded) -> str:
    """Up to three characters behind, no further than a pause."""
    last = end
    while last < len(sounded) and last - end < 3 and not sounded.parted[last]:
        last += 1
    return sounded.chars[end:last]


def _politeness(place: Place, sounded: Sounded) -> bool:
    wanted = [char for char in place.variant.chars if char in "您你"]
    return wanted == [char for char in sounded.chars[place.first : place.end] if char in "您你"]
